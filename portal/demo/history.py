"""The demo's year: customers join, do challenges, agree to calls and spend what they earned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from random import Random
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from portal.access import nominations
from portal.access.models import Invitation
from portal.audit import Actor
from portal.challenges import submissions, verdicts
from portal.challenges.models import StageResponse, Submission
from portal.challenges.states import Decision, Reason, ResponseState, State
from portal.clock import now
from portal.consent import consents
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY, scopes_of
from portal.database.refusal import NotFound
from portal.demo import cast, founding
from portal.demo.calendar import Calendar
from portal.demo.founding import World
from portal.messages import preferences
from portal.people.models import Person
from portal.references import pool, profile

_ABOUT: Final = "Happy to talk about the rollout, what it cost us in time, and what I would do differently."
_MORE: Final = ((), ("introduction", "quote"), ("site_visit",), ("quote", "case_study"), ("introduction", "speaking"))
"""What some agree to besides calls."""
_QUEUE: Final = timedelta(hours=70)
"""What is handed in so late still waits for a manager."""
_BETWEEN: Final = 4.2
"""Days from one nomination to the next."""
_RENEWS: Final = timedelta(days=350)
"""How long after agreeing most say once more that they do; after 365 days it ends by itself."""

_LATE_WORK: Final = 90
_FOUNDERS: Final = 12
"""Who came first did not wait until they were asked to join the pool."""
_LET_IT_END: Final = frozenset({3, 6, 11})
_NO_MAIL_ABOUT: Final = ("challenges.approved", "points.level_reached", "pool.proposed")


class Life:
    """One advocate's way through the program; each deed plans the next."""

    def __init__(self, calendar: Calendar, world: World, place: int) -> None:
        self.calendar = calendar
        self.world = world
        self.place = place
        self.who = cast.ADVOCATES[place]
        self.chance = Random(f"life {place}")  # noqa: S311 -- the same demo every time, no secret
        self.me = Actor(None)

    def begin(self) -> None:
        """A colleague nominates them, or they come of a round; some hand something in during the last days."""
        if self.place < len(cast.KNOWN):
            self.calendar.plan(self.calendar.after_days(0.5 + self.place * _BETWEEN), self._nominated)
        if 0 < self.place < _LATE_WORK and (self.place % 3 == 0 or self.place == 1):
            self.calendar.plan(self.calendar.before_now(hours=2 + self.place * 1.1), self._hands_in_late)

    def is_invited(self, session: Session, person_id: int) -> None:
        """Join some days after an invitation that came without a nomination."""
        self._later(session, 2 + self.place % 9, lambda later: self._joined(later, person_id))

    def leave_something_begun(self) -> None:
        """Let them stop in the middle of a challenge yesterday."""
        self.calendar.plan(self.calendar.before_now(hours=20), self._begins_the_last)

    def _begins_the_last(self, session: Session) -> None:
        offer = cast.OFFERS[4]
        submission = submissions.start(session, self.world.offers[offer.title], by=self.me)
        self._hand_in_next(session, submission.id)

    def _later(self, session: Session, days: float, deed: Callable[[Session], object]) -> None:
        self.calendar.plan(now(session) + timedelta(days=days * self.chance.uniform(0.7, 1.3)), deed)

    def _nominated(self, session: Session) -> None:
        nomination = nominations.nominate(
            session,
            name=self.who.name,
            address=self.who.address,
            title=self.who.title,
            company_id=self.world.firms[self.who.firm],
            reason="Uses it every day and says so to others.",
            by=self.world.staff[cast.REPS[self.place % len(cast.REPS)].name],
        )
        self._later(session, 0.6, lambda later: self._approved(later, nomination.id))

    def _approved(self, session: Session, nomination_id: int) -> None:
        nomination = nominations.approve(session, nomination_id, by=self.world.manager())
        self._later(session, 0.9, lambda later: self._joined(later, nomination.person_id or 0))

    def _joined(self, session: Session, person_id: int) -> None:
        founding.join(session, session.scalars(select(Invitation).where(Invitation.person_id == person_id)).one())
        session.get_one(Person, person_id).time_zone = self.who.zone
        self.me = Actor(person_id, frozenset({"advocate"}))
        self.world.advocates[self.who.name] = self.me
        if self.place >= len(cast.KNOWN) and self.place % 3:
            for kind in _NO_MAIL_ABOUT:
                preferences.switch(session, person_id, kind, wanted=False)
        if self.place < _FOUNDERS:
            self._later(session, 3, self._thinks_of_the_pool)
        for offer in self._tempted_by():
            soonest = now(session) if offer.after is None else max(now(session), self.calendar.after_days(offer.after))
            left = (self.calendar.last - soonest).total_seconds() / 86_400
            days = self.chance.uniform(0.3, max(min(left, 60 if offer.open_for is None else offer.open_for), 0.4))
            self.calendar.plan(soonest + timedelta(days=days), partial(self._considers, title=offer.title))

    def _tempted_by(self) -> Iterator[cast.Offer]:
        if self.place == 0:
            yield from cast.OFFERS[:3]
            return
        eager = 0.45 if self.place < len(cast.KNOWN) else 0.14
        for offer in cast.OFFERS:
            if self.chance.random() < eager:
                yield offer

    def _considers(self, session: Session, *, title: str) -> None:
        challenge_id = self.world.offers.get(title)
        if challenge_id is None:
            return
        try:
            if self.chance.random() < 0.07:
                submissions.dismiss(session, challenge_id, by=self.me)
                return
            submission = submissions.start(session, challenge_id, by=self.me)
        except NotFound:
            return  # not meant for them
        if self.chance.random() < 0.88 and not self._forgets(title):
            self._later(session, 0.4, lambda later: self._goes_on(later, submission.id))

    def _forgets(self, title: str) -> bool:
        """Whether they let the last day of a challenge pass."""
        ends = next(offer.open_for for offer in cast.OFFERS if offer.title == title)
        return ends is not None and self.place % 4 == 3

    def _goes_on(self, session: Session, submission_id: int) -> None:
        submission = self._hand_in_next(session, submission_id)
        if any(left.is_open for left in submission.responses):
            self._later(session, 1.2, lambda later: self._goes_on(later, submission_id))
        elif submission.state is State.SUBMITTED:
            wait = 0.8 if now(session) < self.calendar.last - _QUEUE else 30
            self._later(session, wait, lambda later: self._is_judged(later, submission_id))
        self._later(session, 2.5, self._thinks_of_the_pool)

    def _hand_in_next(self, session: Session, submission_id: int) -> Submission:
        submission = _submission(session, submission_id)
        response = next(response for response in submission.responses if response.is_open)
        words: dict[str, object] = {"done": "y"}
        if response.stage.kind == "story":
            pick = self.chance.randrange(len(cast.STORIES))
            words = {"text": cast.STORIES[pick], "quote": cast.QUOTES[pick]}
        elif response.stage.kind == "questions":
            answers = cast.ANSWERS[response.stage.title]
            words = answers[self.place % len(answers)]
        submissions.submit(session, submission_id, response.stage_id, words, by=self.me)
        return submission

    def _hands_in_late(self, session: Session) -> None:
        if self.me.person_id is None:
            return
        tried = set(session.scalars(select(Submission.challenge_id).where(Submission.person_id == self.me.person_id)))
        for offer in cast.OFFERS:
            challenge_id = self.world.offers.get(offer.title)
            if challenge_id is None or challenge_id in tried or offer.stages[-1][0] not in ("story", "questions"):
                continue
            try:
                submission = submissions.start(session, challenge_id, by=self.me)
            except NotFound:
                continue  # not meant for them
            for _stage in offer.stages:
                self._hand_in_next(session, submission.id)
            return

    def _is_judged(self, session: Session, submission_id: int) -> None:
        submission = _submission(session, submission_id)
        if submission.state is not State.SUBMITTED:
            return
        dice = self.chance.random()
        by = self.world.manager() if dice < 0.7 else self.world.staff[cast.SECOND_MANAGER.name]
        waiting = [step.stage_id for step in submission.responses if step.state is ResponseState.HANDED_IN]
        if dice > 0.97:
            mistaken = verdicts.record(session, submission_id, Decision.REJECT, by=by, reason=Reason.NOT_DONE)
            verdicts.undo(session, mistaken.id, by=by)
        if 0.55 < dice < 0.68:
            note = "Almost there: could you add what it was like before?"
            verdicts.record(session, submission_id, Decision.REDO, by=by, stage_ids=waiting, comment=note)
            self._later(session, 1.5, lambda later: self._goes_on(later, submission_id))
        elif 0.68 <= dice < 0.74:
            reason = self.chance.choice(list(Reason))
            verdicts.record(session, submission_id, Decision.REJECT, by=by, reason=reason)
        else:
            note = f"Thank you, {self.who.name.split()[0]}. The product team read it with pleasure."
            verdicts.record(session, submission_id, Decision.APPROVE, by=by, comment=note)

    def _thinks_of_the_pool(self, session: Session) -> None:
        if self.me.person_id is None or consents.live_scopes(session, self.me.person_id):
            return
        if self.place % 5 == 4:
            pool.decline(session, self.me.person_id, by=self.me)
            return
        if self.place % 3 == 1:
            return
        firm = next(firm for firm in cast.CUSTOMERS if firm.domain == self.who.firm)
        scopes = [SAME_INDUSTRY] if self.place % 6 == 2 else [SAME_INDUSTRY, OTHER_INDUSTRIES]
        scopes += [scope.key for activity in _MORE[self.place % len(_MORE)] for scope in scopes_of(activity)]
        consents.give(session, self.me.person_id, scopes, by=self.me, company_name_ok=self.place % 4 == 0)
        wanted = profile.Wanted(
            headline=cast.HEADLINES[self.place % len(cast.HEADLINES)],
            about=_ABOUT,
            products=firm.products,
            topics=cast.TOPICS[self.place % len(cast.TOPICS)],
            languages=("English",),
            company_name_shown=self.place % 4 == 0,
        )
        profile.change(session, self.me.person_id, wanted, by=self.me)
        if self.place % 9 == 8:
            self._later(session, 20, self._changes_their_mind)
        elif self.place not in _LET_IT_END:
            self.calendar.plan(now(session) + _RENEWS, lambda later: self._renews(later, scopes))

    def _changes_their_mind(self, session: Session) -> None:
        consents.withdraw(session, self.me.person_id or 0, [SAME_INDUSTRY], by=self.me)

    def _renews(self, session: Session, scopes: Sequence[str]) -> None:
        consents.give(session, self.me.person_id or 0, scopes, by=self.me, company_name_ok=self.place % 4 == 0)


def _submission(session: Session, submission_id: int) -> Submission:
    with_steps = selectinload(Submission.responses).joinedload(StageResponse.stage)
    return session.get_one(Submission, submission_id, options=[with_steps], populate_existing=True)
