"""What the demo's program managers do beside the daily queue: adjust, turn down, end, keep things tidy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from io import BytesIO
from random import Random
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.access import invitations, nominations, rounds
from portal.access.models import Nomination
from portal.audit import SYSTEM, Actor
from portal.challenges import challenges, submissions, verdicts
from portal.challenges.models import StageResponse, Submission
from portal.challenges.states import Decision, ResponseState, State
from portal.clock import now
from portal.consent import consents
from portal.demo import cast
from portal.demo.calendar import Calendar
from portal.demo.founding import World
from portal.demo.history import Life
from portal.imports import kept_files, runs
from portal.imports.models import ImportRun
from portal.messages import messages, preferences
from portal.people import people
from portal.people.models import AdvocateStatus, Person, Role
from portal.points import adjustments, awards
from portal.points.models import Account, AccountKind, Kind, Transfer
from portal.references import answers, outside
from portal.rewards import catalogue

_BY_HAND: Final = (
    (40, "Thank you for the table at the trade fair."),
    (-25, "The same survey was paid twice."),
    (60, "Helped another customer over the weekend."),
    (900, "A whole day with our product team."),
    (1_200, "Keynote at the annual meeting."),
    (-700, "Talk cancelled on the day before."),
    (1_500, "Translated the handbook."),
    (2_000, "Two site visits in one month."),
    (-950, "Points of a colleague, booked here by mistake."),
    (1_100, "Answered forty questions in the forum."),
    (800, "Interview for the trade press."),
    (1_300, "Hosted the regional meeting."),
    (700, "Pilot of the offline scanner."),
    (1_000, "A podcast with our founder."),
    (1_600, "Workshop for three new customers."),
)
"""Points by hand; above the program's limit one proposes and a second one decides."""
_ENDINGS: Final = dict(enumerate(["approve", "decline", "withdraw"] * 4))
"""What becomes of proposals; the last ones wait."""

_ROUND: Final = 20
"""Customers whom a manager invites at once."""
_OVER: Final = ("imported", "dropped")
_IMPORTS: Final = (*_OVER * 3, *("checked", "matching") * 3)
"""What becomes of the files that a manager sends in; the last ones wait for them."""
_FILES: Final = tuple(
    (f"{title}.csv", "company,employees\n" + "".join(f"{firm.name},{firm.employees}\n" for firm in firms))
    for title, firms in (
        ("customers-north", cast.CUSTOMERS[:12]),
        ("customers-after-the-fair", cast.CUSTOMERS[12:20]),
        ("crm-export", cast.CUSTOMERS),
    )
)

_ASLEEP: Final = slice(31, 35)
"""Those whose quiet hours have begun."""


class Desk:
    """The managers' year."""

    def __init__(self, calendar: Calendar, world: World, lives: Sequence[Life]) -> None:
        self.calendar = calendar
        self.world = world
        self.crowd = lives[len(cast.KNOWN) :]
        self.chance = Random("desk")  # noqa: S311 -- the same demo every time, no secret

    def begin(self) -> None:
        """Plan what managers do on their own account, and what the portal does by itself at night."""
        plan, days = self.calendar.plan, self.calendar.after_days
        for place, wish in enumerate(cast.TURNED_DOWN):
            plan(days(150 + place * 60), partial(self._turns_down, wish=wish))
        for place, (points, reason) in enumerate(_BY_HAND):
            plan(days(130 + place * 18), partial(self._adjusts, place=place, points=points, reason=reason))
        for place in range(4):
            plan(days(210 + place * 30), self._takes_back_a_duplicate)
        for offer in cast.OFFERS:
            if offer.after is not None and offer.archived_after is not None:
                plan(days(offer.after + offer.archived_after), partial(self._archives, title=offer.title))
        plan(days(190), self._clears_the_shelf)
        for place, status in enumerate([AdvocateStatus.PAUSED] * 3 + [AdvocateStatus.LEFT] * 3):
            plan(days(340 + place * 5), partial(self._moves, place=place, status=status))
        for place in range(0, len(self.crowd), _ROUND):
            plan(days(30 + place * 2), partial(self._invites_a_round, lives=self.crowd[place : place + _ROUND]))
        plan(self.calendar.before_now(days=6), partial(self._invites, whom=cast.INVITED))
        plan(self.calendar.before_now(days=40), partial(self._invites, whom=cast.FORGOTTEN))
        for place in range(4):
            plan(days(310 + place * 20), partial(self._hears_of_a_call, place=place))
        self._plan_imports()
        plan(self.calendar.before_now(days=2), self._hears_of_others)
        plan(self.calendar.before_now(hours=5), self._asks_for_more)
        plan(self.calendar.before_now(minutes=30), self._thanks_who_sleeps)
        for night in range(4, int((self.calendar.last - self.calendar.first).days), 4):
            plan(days(night + 0.1), self._night)

    def _plan_imports(self) -> None:
        for place, ending in enumerate(_IMPORTS):
            ago = 300 - place * 45 if ending in _OVER else 4 - place * 0.3
            self.calendar.plan(self.calendar.before_now(days=ago), partial(self._imports, place=place, ending=ending))

    def _manager(self, place: int) -> tuple[Actor, Actor]:
        """Somebody of the desk for the turn, and the one who looks it over."""
        desk = [self.world.staff[who.name] for who in (cast.MANAGER, cast.SECOND_MANAGER, cast.ADMIN)]
        return desk[place % 2], desk[(place + 1) % 2 if place % 3 else 2]

    def _advocate(self, session: Session) -> int:
        """Some active advocate other than those whom visitors of the demo may be."""
        active = select(Person.id).where(Person.advocate_status == AdvocateStatus.ACTIVE).order_by(Person.id)
        return self.chance.choice(session.scalars(active).all()[1:])

    def _turns_down(self, session: Session, *, wish: cast.Wish) -> None:
        self._nominates(session, wish)
        nomination = session.scalars(select(Nomination).where(Nomination.address == wish.who.address)).one()
        note = "Kind of you. They have not worked with us long enough to tell others about it."
        nominations.decline(session, nomination.id, by=self.world.manager(), note=note)

    def _nominates(self, session: Session, wish: cast.Wish) -> None:
        who, firm = wish.who, self.world.firms[wish.who.firm]
        by = self.world.staff[cast.REPS[0].name]
        people.add_person(session, who.name, by=SYSTEM, title=who.title, company_id=firm, email=who.address)
        nominations.nominate(
            session, name=who.name, title=who.title, address=who.address, company_id=firm, reason=wish.reason, by=by
        )

    def _hears_of_others(self, session: Session) -> None:
        for wish in cast.NOMINATED:
            self._nominates(session, wish)

    def _invites(self, session: Session, *, whom: Sequence[cast.Someone]) -> None:
        for who in whom:
            person = people.add_person(
                session, who.name, by=SYSTEM, title=who.title, company_id=self.world.firms[who.firm]
            )
            invitations.invite(session, person.id, who.address, Role.ADVOCATE, by=self.world.manager())

    def _invites_a_round(self, session: Session, *, lives: Sequence[Life]) -> None:
        chosen = {
            people.add_person(
                session, life.who.name, by=SYSTEM, title=life.who.title, email=life.who.address,
                company_id=self.world.firms[life.who.firm],
            ): life
            for life in lives
        }  # fmt: skip
        session.flush()
        rounds.invite(session, [person.public_id for person in chosen], by=self.world.manager())
        for person, life in chosen.items():
            life.is_invited(session, person.id)

    def _adjusts(self, session: Session, *, place: int, points: int, reason: str) -> None:
        by, second = self._manager(place)
        whom = self._advocate(session)
        if points < 0:
            richest = select(Account.person_id).where(Account.kind == AccountKind.PERSON)
            whom = session.scalars(richest.order_by((Account.posted - Account.held).desc()).limit(1)).one() or whom
        proposal = adjustments.enter(session, whom, points, reason=reason, by=by, key=UUID(int=place + 1))
        if proposal is None:
            return
        ending = _ENDINGS.get(place, "waits")
        if ending == "approve":
            adjustments.approve(session, proposal.id, by=second)
        elif ending == "decline":
            adjustments.decline(session, proposal.id, by=second, note="Half of it would be fair; let us talk.")
        elif ending == "withdraw":
            adjustments.withdraw(session, proposal.id, by=by)

    def _takes_back_a_duplicate(self, session: Session) -> None:
        paid = select(Transfer.subject).join(Account, Account.id == Transfer.credit)
        latest = paid.where(Transfer.kind == Kind.AWARD, Account.person_id == self._advocate(session))
        subject = session.scalar(latest.order_by(Transfer.id.desc()).limit(1))
        if subject is not None:
            awards.claw_back(session, subject, reason="The same had been paid before.", by=self.world.manager())

    def _asks_for_more(self, session: Session) -> None:
        handed_in = select(StageResponse).join(Submission, Submission.id == StageResponse.submission_id)
        waiting = handed_in.where(
            Submission.state == State.SUBMITTED, StageResponse.state == ResponseState.HANDED_IN
        ).order_by(StageResponse.id.desc())
        for step in session.scalars(waiting.limit(4)):
            verdicts.record(
                session,
                step.submission_id,
                Decision.REDO,
                by=self.world.staff[cast.SECOND_MANAGER.name],
                stage_ids=[step.stage_id],
                comment="Could you add a figure? It need not be exact.",
            )

    def _thanks_who_sleeps(self, session: Session) -> None:
        for place, who in enumerate(cast.ADVOCATES[_ASLEEP]):
            whom = self.world.advocates[who.name].person_id or 0
            here = now(session).astimezone(ZoneInfo(who.zone))
            minute = here.replace(second=0, microsecond=0)
            starts, ends = ((minute + timedelta(hours=hours)).time() for hours in (-2, 7))
            preferences.keep_quiet(session, whom, starts, ends)
            key = UUID(int=1_000 + place)
            adjustments.enter(
                session, whom, 30, reason="For the kind word at the user group.", by=self.world.manager(), key=key
            )

    def _hears_of_a_call(self, session: Session, *, place: int) -> None:
        who, rep = cast.ADVOCATES[40 + place], cast.REPS[place % len(cast.REPS)]
        yesterday = now(session).date() - timedelta(days=1)
        outside.note(session, who.address, yesterday, by=self.world.staff[rep.name])

    def _imports(self, session: Session, *, place: int, ending: str) -> None:
        by = self.world.staff[cast.SECOND_MANAGER.name]
        where = kept_files.folder(current_app.config["PORTAL"])
        name, content = _FILES[place % len(_FILES)]
        begun = runs.begin(session, "companies", file_name=name, content=BytesIO(content.encode()), where=where, by=by)
        if ending == "dropped":
            runs.drop(session, begun.public_id, by=by)
        elif ending != "matching":
            runs.match(session, begun.public_id, runs.choices_of(begun.columns), role=None, by=by)
        if ending == "imported":
            later = now(session) + timedelta(minutes=8)
            self.calendar.plan(later, partial(self._imports_what_was_checked, public_id=begun.public_id))

    def _imports_what_was_checked(self, session: Session, *, public_id: UUID) -> None:
        checked = session.scalars(select(ImportRun).where(ImportRun.public_id == public_id)).one()
        by = self.world.staff[cast.SECOND_MANAGER.name]
        runs.import_(session, public_id, check=checked.check_id or 0, by=by)

    def _archives(self, session: Session, *, title: str) -> None:
        challenges.archive(session, self.world.offers[title], by=self.world.manager())

    def _clears_the_shelf(self, session: Session) -> None:
        for gift in cast.GIFTS:
            if gift.state == "archived":
                catalogue.archive(session, self.world.gifts[gift.name], by=self.world.manager())

    def _moves(self, session: Session, *, place: int, status: AdvocateStatus) -> None:
        who = cast.ADVOCATES[len(cast.KNOWN) + place * 7]
        if who.name in self.world.advocates:
            whom = self.world.advocates[who.name].person_id or 0
            people.move_advocate(session, whom, status, by=self.world.manager())

    def _night(self, session: Session) -> None:
        """What the portal does by itself every few minutes, here every few nights."""
        submissions.expire_due(session)
        for assignment_id in answers.overdue(session):
            answers.expire(session, assignment_id)
        for person_id in consents.overdue(session):
            consents.expire(session, person_id)
        messages.try_again(session)
