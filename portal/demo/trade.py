"""The demo's give and take: reps ask for calls, advocates answer and redeem, managers deliver."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.consent import consents
from portal.consent.models import ConsentCurrent
from portal.database.refusal import Refusal
from portal.demo import cast
from portal.demo.calendar import Calendar
from portal.demo.founding import World
from portal.points import balance
from portal.references import answers, calls, exceptions, feedback, requests, times
from portal.references.models import Assignment, CallTime, Opportunity, Outcome, ReferenceCall, Side
from portal.rewards import approval, codes, redemption
from portal.rewards.models import Redemption, Reward
from portal.rewards.states import RewardState, State, Way

_EARLIER: Final = (
    "helped", "declined", "partly", "helped", "stepped_back", "helped", "expired", "helped", "not_helped", "no_show",
    "helped", "withdrawn", "consent_ended", "nobody_called",
)  # fmt: skip
_LATELY: Final = (
    "helped", "declined", "helped", "expired", "partly", "no_show", "helped", "withdrawn", "not_helped", "helped",
    "held", "held", "held", "accepted", "offered", "agreed", "agreed", "agreed", "offered", "offered",
    "waiting", "waiting", "waiting",
)  # fmt: skip
ENDINGS: Final = (*_LATELY, *(_EARLIER * 4)[:52])
"""How the demo's requests end: those of the last weeks first, then those of the year before."""
CLAIMS: Final = (
    "fulfilled", "fulfilled", "cancelled", "fulfilled", "failed", "refunded", "fulfilled", "held", "held", "held",
    "asked", "asked", "asked",
    *("fulfilled", "fulfilled", "cancelled", "fulfilled", "failed", "fulfilled", "refunded", "fulfilled") * 8,
)  # fmt: skip
"""How the demo's redemptions end, those of the last weeks first."""
_LATE_CLAIMS: Final = 13
_AT_ONCE: Final = 5
"""Every so manieth claim is for a code."""
_FOR_THE_FIRST: Final = (2, len(_LATELY) - 1)
"""The requests that go to the advocate whom visitors of the demo may be: one long done, one that waits for them."""
_WITH_TIMES: Final = frozenset({"offered", "agreed", "nobody_called"})
WISHES: Final = ("waits", "waits", "waits", *("approved", "not_approved", "withdrawn") * 4)
"""What becomes of wishes to ask somebody beyond the limits."""
_URGENT: Final = "The board decides on Friday, and nobody else has done this with our competitor's system before."
_TOPICS: Final = (
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
        late = {"accepted": 3.4, "waiting": 1.6 - 0.4 * (self.place % 3), "held": 8}
        late |= {"offered": 2.5 + 0.4 * (self.place % 3), "agreed": 3 + 0.4 * (self.place % 3)}
        ago = late.get(self.ending, 62 - self.place * 5)
        if self.place >= len(_LATELY):
            ago = 70 + (self.place - len(_LATELY)) * 5.5
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
                        topics=_TOPICS[self.place % len(_TOPICS)],
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
        elif self.ending == "consent_ended":
            self._later(session, 0.4, lambda later: _leaves_the_pool(later, them))
        elif self.ending == "expired":
            self._later(session, 4, lambda later: answers.expire(later, assignment_id))
        elif self.ending != "waiting":
            self._later(session, 0.8, lambda later: self._accepted(later, assignment_id, them, by))

    def _accepted(self, session: Session, assignment_id: int, them: Actor, by: Actor) -> None:
        answers.accept(session, assignment_id, by=them)
        if self.ending == "stepped_back":
            self._later(session, 1, lambda later: answers.step_back(later, assignment_id, by=them))
            return
        call = session.scalars(select(ReferenceCall).where(ReferenceCall.assignment_id == assignment_id)).one()
        if self.ending in _WITH_TIMES or (self.ending != "accepted" and self.place % 2):
            self._later(session, 0.2, lambda later: self._offers_times(later, call.id, them, by))
        if self.ending not in ("accepted", "offered", "agreed"):
            self._later(session, 4, lambda later: self._talked(later, call.id, them, by))

    def _offers_times(self, session: Session, call_id: int, them: Actor, by: Actor) -> None:
        noon = now(session).replace(hour=13, minute=0, second=0, microsecond=0)
        ahead = 4 if self.ending in ("offered", "agreed") else 2
        times.offer(session, call_id, [noon + timedelta(days=ahead + more, hours=more) for more in range(3)], by=them)
        if self.ending != "offered":
            self._later(session, 0.3, lambda later: self._picks(later, call_id, by))

    def _picks(self, session: Session, call_id: int, by: Actor) -> None:
        call = session.get_one(ReferenceCall, call_id)
        first = select(CallTime.public_id).where(CallTime.call_id == call_id).order_by(CallTime.starts_at).limit(1)
        times.pick(session, session.scalars(first).one(), seen=call.sequence, by=by, place="A video call")

    def _talked(self, session: Session, call_id: int, them: Actor, by: Actor) -> None:
        if self.ending == "no_show":
            calls.did_not_happen(session, call_id, by=by, missed_by=Side.ADVOCATE)
            return
        if self.ending == "nobody_called":
            calls.nobody_called(session, call_id, by=them)
            return
        calls.confirm_held(session, call_id, by=by)
        if self.ending in {outcome.value for outcome in Outcome}:
            self._later(session, 0.5, lambda later: feedback.give(later, call_id, helped=self.ending, by=by))
            self._later(session, 0.9, lambda later: feedback.give(later, call_id, helped="helped", by=them))


class Wishing:
    """One wish to ask somebody beyond the limits, and what a second person says to it."""

    def __init__(self, calendar: Calendar, world: World, place: int) -> None:
        self.calendar = calendar
        self.world = world
        self.place = place
        self.ending = WISHES[place]

    def begin(self) -> None:
        """Wish for it when enough people rest from an ask."""
        ago = 1 + 0.7 * self.place if self.ending == "waits" else 25 + 14 * self.place
        self.calendar.plan(self.calendar.before_now(days=ago), self._wish)

    def _wish(self, session: Session) -> None:
        deal_id, _industry = self.world.deals[self.place % len(self.world.deals)]
        owner = session.get_one(Opportunity, deal_id).owner_id
        by = next(actor for actor in self.world.staff.values() if actor.person_id == owner)
        lately = select(Assignment.person_id).order_by(Assignment.id.desc()).limit(30)
        for person_id in dict.fromkeys(session.scalars(lately)):
            try:
                with session.begin_nested():
                    wished = exceptions.ask_for(
                        session,
                        person_id,
                        reason=_URGENT,
                        by=by,
                        key=UUID(int=9_000 + self.place),
                        activity="reference_call",
                        opportunity_id=deal_id,
                    )
            except Refusal:
                continue
            self._is_decided(session, wished.id, by)
            return

    def _is_decided(self, session: Session, wish_id: int, by: Actor) -> None:
        second, when = self.world.manager(), now(session) + timedelta(hours=5)
        ways: dict[str, Callable[[Session], object]] = {
            "approved": lambda later: exceptions.approve(later, wish_id, by=second),
            "not_approved": lambda later: exceptions.decline(later, wish_id, by=second, note="Not twice in a month."),
            "withdrawn": lambda later: exceptions.withdraw(later, wish_id, by=by),
        }
        if self.ending in ways:
            self.calendar.plan(when, ways[self.ending])


def _leaves_the_pool(session: Session, them: Actor) -> None:
    person_id = them.person_id or 0
    consents.withdraw(session, person_id, consents.live_scopes(session, person_id), by=them)


class Claiming:
    """One reward, from the claim to its delivery."""

    def __init__(self, calendar: Calendar, world: World, place: int) -> None:
        self.calendar = calendar
        self.world = world
        self.place = place
        self.ending = CLAIMS[place]

    def begin(self) -> None:
        """The last ones still wait for a manager."""
        late = self.ending in ("held", "asked")
        ago = 0.4 + 0.5 * (self.place % 3) if late else 50 - self.place * 6
        if self.place >= _LATE_CLAIMS:
            ago = 55 + (self.place - _LATE_CLAIMS) * 4.5
        self.calendar.plan(self.calendar.before_now(days=ago), self._claim)

    def _claim(self, session: Session) -> None:
        active = select(Reward).where(Reward.state == RewardState.ACTIVE)
        gifts = session.scalars(active.order_by(Reward.price.desc())).all()
        people = sorted(self.world.advocates.values(), key=lambda actor: actor.person_id or 0)
        start = self.place * 5 % max(len(people), 1)
        for by in people[start:] + people[:start]:
            spendable = balance.of(session, by.person_id or 0).available
            wanted = self._wanted(gift for gift in gifts if gift.price <= spendable and gift.stock != 0)
            if wanted is None:
                continue
            try:
                claim = redemption.redeem(session, wanted.id, by=by, request_key=UUID(int=self.place + 1))
            except Refusal:
                continue
            self._goes_on(session, claim.id, by)
            return

    def _wanted(self, within_reach: Iterable[Reward]) -> Reward | None:
        gifts = list(within_reach)
        if self.ending == "asked":
            return next((gift for gift in gifts if gift.needs_approval), None)
        of_codes = [gift for gift in gifts if gift.fulfilment == Way.CODE]
        if self.ending == "fulfilled" and self.place % _AT_ONCE == 0 and of_codes:
            return of_codes[0]
        plain = (gift for gift in gifts if gift not in of_codes)
        return next((gift for gift in plain if self.ending != "held" or not gift.needs_approval), None)

    def _goes_on(self, session: Session, claim_id: int, them: Actor) -> None:
        if self.ending in ("held", "asked"):
            return
        when = now(session) + timedelta(days=1.3)
        if self.ending == "cancelled":
            self.calendar.plan(when, lambda later: redemption.cancel(later, claim_id, by=them))
        else:
            self.calendar.plan(when, lambda later: self._delivered(later, claim_id, them))

    def _delivered(self, session: Session, claim_id: int, them: Actor) -> None:
        by, claim = self.world.manager(), session.get_one(Redemption, claim_id)
        if claim.state is State.AWAITING_APPROVAL:
            approval.approve(session, claim_id, by=by)
        if claim.way == Way.CODE:
            codes.show(session, claim_id, secrets=current_app.config["PORTAL"].signing_keys, by=them)
            return
        if self.ending == "failed":
            redemption.fail(session, claim_id, by=by, note="The supplier has run out. Your points are back.")
            return
        redemption.fulfil(session, claim_id, by=by, note="On its way, with a card from all of us.")
        if self.ending == "refunded":
            when = now(session) + timedelta(days=3)
            self.calendar.plan(
                when, lambda later: redemption.refund(later, claim_id, by=by, reason="It arrived broken, sorry.")
            )
