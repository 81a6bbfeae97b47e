"""The demo's give and take: reps ask for calls, advocates answer and redeem, managers deliver."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.consent.models import ConsentCurrent
from portal.database.refusal import Refusal
from portal.demo import cast
from portal.demo.calendar import Calendar
from portal.demo.founding import World
from portal.points import balance
from portal.references import answers, calls, feedback, requests
from portal.references.models import Assignment, Opportunity, Outcome, ReferenceCall
from portal.rewards import approval, redemption
from portal.rewards.models import Redemption, Reward
from portal.rewards.states import State

ENDINGS: Final = (
    "helped", "declined", "helped", "expired", "partly", "no_show", "helped", "withdrawn", "not_helped", "helped",
    "held", "accepted", "accepted", "waiting", "waiting", "waiting",
)  # fmt: skip
"""How the demo's requests end, in the order in which they are asked."""
CLAIMS: Final = (
    "fulfilled", "fulfilled", "cancelled", "fulfilled", "failed", "refunded", "fulfilled", "held", "held", "held",
)  # fmt: skip
"""How the demo's redemptions end."""
_FOR_THE_FIRST: Final = (2, len(ENDINGS) - 1)
"""The requests that go to the advocate whom visitors of the demo may be: one long done, one that waits for them."""
_WISHES: Final = (
    "How long did the cut-over take, and what broke?",
    "How many people were needed on your side?",
    "What would you do differently, and how good is the support at night?",
)


class Asking:
    """One request for a call, from the ask to its end."""

    def __init__(self, calendar: Calendar, world: World, place: int) -> None:
        self.calendar = calendar
        self.world = world
        self.place = place
        self.ending = ENDINGS[place]

    def begin(self) -> None:
        """Ask late enough that somebody has agreed by then, and so that the last ones are still open today."""
        late = {"accepted": 4 - self.place % 2, "waiting": 1.6 - 0.4 * (self.place % 3), "held": 8}
        ago = late.get(self.ending, 62 - self.place * 5)
        self.calendar.plan(self.calendar.before_now(days=ago, hours=self.place), self._ask)

    def _later(self, session: Session, days: float, deed: Callable[[Session], object]) -> None:
        self.calendar.plan(now(session) + timedelta(days=days), deed)

    def _ask(self, session: Session) -> None:
        deal_id, _industry = self.world.deals[self.place % len(self.world.deals)]
        deal = session.get_one(Opportunity, deal_id)
        by = next(actor for actor in self.world.staff.values() if actor.person_id == deal.owner_id)
        for person_id in self._askable(session):
            try:
                with session.begin_nested():
                    request = requests.ask(
                        session,
                        person_id=person_id,
                        needed_by=(now(session) + timedelta(days=12)).date(),
                        topics=_WISHES[self.place % len(_WISHES)],
                        by=by,
                        opportunity_id=deal_id,
                    )
            except Refusal:
                continue
            assignment = session.scalars(select(Assignment).where(Assignment.request_id == request.id)).one()
            self._goes_on(session, request.id, assignment.id, Actor(person_id, frozenset({"advocate"})), by)
            return

    def _askable(self, session: Session) -> list[int]:
        consented = select(ConsentCurrent.person_id).where(ConsentCurrent.live).distinct()
        first = self.world.advocates[cast.ADVOCATES[0].name].person_id or 0
        if self.place in _FOR_THE_FIRST:
            return [first]
        found = sorted(set(session.scalars(consented)) - {first})
        start = (self.place * 7) % max(len(found), 1)
        return found[start:] + found[:start]

    def _goes_on(self, session: Session, request_id: int, assignment_id: int, them: Actor, by: Actor) -> None:
        if self.ending == "declined":
            self._later(session, 0.7, lambda later: answers.decline(later, assignment_id, by=them))
        elif self.ending == "withdrawn":
            self._later(session, 0.4, lambda later: requests.withdraw(later, request_id, by=by))
        elif self.ending == "expired":
            self._later(session, 4, lambda later: answers.expire(later, assignment_id))
        elif self.ending != "waiting":
            self._later(session, 0.8, lambda later: self._accepted(later, assignment_id, them, by))

    def _accepted(self, session: Session, assignment_id: int, them: Actor, by: Actor) -> None:
        answers.accept(session, assignment_id, by=them)
        if self.ending != "accepted":
            self._later(session, 4, lambda later: self._talked(later, assignment_id, them, by))

    def _talked(self, session: Session, assignment_id: int, them: Actor, by: Actor) -> None:
        call = session.scalars(select(ReferenceCall).where(ReferenceCall.assignment_id == assignment_id)).one()
        if self.ending == "no_show":
            calls.did_not_happen(session, call.id, by=by)
            return
        calls.confirm_held(session, call.id, by=by)
        if self.ending in {outcome.value for outcome in Outcome}:
            self._later(session, 0.5, lambda later: feedback.give(later, call.id, helped=self.ending, by=by))
            self._later(session, 0.9, lambda later: feedback.give(later, call.id, helped="helped", by=them))


class Claiming:
    """One reward, from the claim to its delivery."""

    def __init__(self, calendar: Calendar, world: World, place: int) -> None:
        self.calendar = calendar
        self.world = world
        self.place = place
        self.ending = CLAIMS[place]

    def begin(self) -> None:
        """The last ones still wait for a manager."""
        ago = 0.4 + 0.5 * (self.place % 3) if self.ending == "held" else 50 - self.place * 6
        self.calendar.plan(self.calendar.before_now(days=ago), self._claim)

    def _claim(self, session: Session) -> None:
        gifts = session.scalars(select(Reward).order_by(Reward.price.desc())).all()
        people = sorted(self.world.advocates.values(), key=lambda actor: actor.person_id or 0)
        start = self.place * 5 % max(len(people), 1)
        for by in people[start:] + people[:start]:
            spendable = balance.of(session, by.person_id or 0).available
            wanted = next((gift for gift in gifts if gift.price <= spendable and gift.stock != 0), None)
            if wanted is None:
                continue
            try:
                claim = redemption.redeem(session, wanted.id, by=by, request_key=UUID(int=self.place + 1))
            except Refusal:
                continue
            self._goes_on(session, claim.id, by)
            return

    def _goes_on(self, session: Session, claim_id: int, them: Actor) -> None:
        if self.ending == "held":
            return
        when = now(session) + timedelta(days=1.3)
        if self.ending == "cancelled":
            self.calendar.plan(when, lambda later: redemption.cancel(later, claim_id, by=them))
        else:
            self.calendar.plan(when, lambda later: self._delivered(later, claim_id))

    def _delivered(self, session: Session, claim_id: int) -> None:
        by = self.world.manager()
        if session.get_one(Redemption, claim_id).state is State.AWAITING_APPROVAL:
            approval.approve(session, claim_id, by=by)
        if self.ending == "failed":
            redemption.fail(session, claim_id, by=by, note="The supplier has run out. Your points are back.")
            return
        redemption.fulfil(session, claim_id, by=by, note="On its way, with a card from all of us.")
        if self.ending == "refunded":
            when = now(session) + timedelta(days=3)
            self.calendar.plan(
                when, lambda later: redemption.refund(later, claim_id, by=by, reason="It arrived broken, sorry.")
            )
