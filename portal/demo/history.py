"""The demo's months: customers join, do challenges, agree to calls and spend what they earned."""

from __future__ import annotations

from collections.abc import Callable
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
from portal.people.models import Person
from portal.references import pool, profile

_TOPICS: Final = (("Rollout", "Training"), ("Migration",), ("Reporting", "Rollout"), ("Security review",))
_HEADLINES: Final = (
    "Moved nine depots in nine days",
    "Eleven plants on one system",
    "From spreadsheets to one Monday report",
    "Went live in six weeks, in two languages",
    "Trained four hundred people without a classroom",
)
_ABOUT: Final = "Happy to talk about the rollout, what it cost us in time, and what I would do differently."
_MORE: Final = ((), ("introduction", "quote"), ("site_visit",), ("quote", "case_study"), ("introduction", "speaking"))
"""What some agree to besides calls."""
_QUEUE: Final = timedelta(hours=70)
"""What is handed in so late still waits for a manager."""


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
        """A colleague nominates them; some hand something in during the last days."""
        self.calendar.plan(self.calendar.after_days(0.5 + self.place * 1.6), self._nominated)
        if self.place and (self.place % 3 == 0 or self.place == 1):
            self.calendar.plan(self.calendar.before_now(hours=2 + self.place * 2.1), self._hands_in_late)

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
        last = (self.calendar.last - now(session)).total_seconds() / 86_400
        for offer in cast.OFFERS if self.place else cast.OFFERS[:3]:
            if self.place == 0 or self.chance.random() < 0.72:
                days = self.chance.uniform(0.3, max(last * (0.4 if self.place == 0 else 1), 0.4))
                self.calendar.plan(now(session) + timedelta(days=days), partial(self._considers, title=offer.title))

    def _considers(self, session: Session, *, title: str) -> None:
        challenge_id = self.world.offers.get(title)
        if challenge_id is None:
            return
        try:
            if self.chance.random() < 0.1:
                submissions.dismiss(session, challenge_id, by=self.me)
                return
            submission = submissions.start(session, challenge_id, by=self.me)
        except NotFound:
            return  # not meant for them
        if self.chance.random() < 0.88:
            self._later(session, 0.4, lambda later: self._goes_on(later, submission.id))

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
            words = cast.ANSWERS[self.place % len(cast.ANSWERS)]
        submissions.submit(session, submission_id, response.stage_id, words, by=self.me)
        return submission

    def _hands_in_late(self, session: Session) -> None:
        if self.me.person_id is None:
            return
        tried = set(session.scalars(select(Submission.challenge_id).where(Submission.person_id == self.me.person_id)))
        for offer in cast.OFFERS:
            challenge_id = self.world.offers[offer.title]
            if challenge_id in tried or offer.stages[-1][0] not in ("story", "questions"):
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
        if 0.55 < dice < 0.68:
            note = "Almost there: could you add what it was like before?"
            verdicts.record(session, submission_id, Decision.REDO, by=by, stage_ids=waiting, comment=note)
            self._later(session, 1.5, lambda later: self._goes_on(later, submission_id))
        elif 0.68 <= dice < 0.71:
            verdicts.record(session, submission_id, Decision.REJECT, by=by, reason=Reason.OFF_TOPIC)
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
            headline=_HEADLINES[self.place % len(_HEADLINES)],
            about=_ABOUT,
            products=firm.products,
            topics=_TOPICS[self.place % len(_TOPICS)],
            languages=("English",),
            company_name_shown=self.place % 4 == 0,
        )
        profile.change(session, self.me.person_id, wanted, by=self.me)
        if self.place == 17:
            self._later(
                session,
                20,
                lambda later: consents.withdraw(later, self.me.person_id or 0, [SAME_INDUSTRY], by=self.me),
            )


def _submission(session: Session, submission_id: int) -> Submission:
    with_steps = selectinload(Submission.responses).joinedload(StageResponse.stage)
    return session.get_one(Submission, submission_id, options=[with_steps], populate_existing=True)
