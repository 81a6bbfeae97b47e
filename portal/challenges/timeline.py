"""What somebody handed in for challenges, and what was decided about it."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from portal.challenges.models import Challenge, Submission, Verdict
from portal.challenges.states import Decision, State, VerdictState
from portal.people.timeline import FIGURES, Chapter, Figure, Told, line, source

_DECISIONS: Final = {
    Decision.APPROVE: (_l("Accepted"), "circle-check", "ok"),
    Decision.REDO: (_l("Changes asked"), "undo-2", "warn"),
    Decision.REJECT: (_l("Not accepted"), "x", "brand"),
}


def _handed_in(person: ColumnElement[int]) -> Select[Any]:
    made = line(
        Submission.submitted_at, Submission.id, word=Submission.state, title=Challenge.title, by=Submission.person_id
    )
    joined = made.join(Challenge, Challenge.id == Submission.challenge_id)
    return joined.where(Submission.person_id == person, Submission.submitted_at.is_not(None))


def _decided(person: ColumnElement[int]) -> Select[Any]:
    made = line(
        Verdict.apply_at,
        Verdict.id,
        word=Verdict.decision,
        title=Challenge.title,
        note=Verdict.comment,
        by=Verdict.decided_by,
    )
    joined = made.join(Submission, Submission.id == Verdict.submission_id)
    joined = joined.join(Challenge, Challenge.id == Submission.challenge_id)
    return joined.where(Submission.person_id == person, Verdict.state == VerdictState.APPLIED)


def _by_itself(person: ColumnElement[int]) -> Select[Any]:
    made = line(Submission.decided_at, Submission.id, title=Challenge.title, by=Submission.person_id)
    joined = made.join(Challenge, Challenge.id == Submission.challenge_id)
    done = (Submission.state == State.APPROVED, Submission.decided_by.is_(None))
    return joined.where(Submission.person_id == person, *done)


@source("challenges.handed_in", Chapter.CHALLENGES, _handed_in)
def _tell_handed_in(row: Row[Any]) -> Told:
    waits = row.word == State.SUBMITTED
    return Told(_l("Handed in"), row.title, "send", badge=(State.SUBMITTED.label, "warn") if waits else None)


@source("challenges.decided", Chapter.CHALLENGES, _decided)
def _tell_decided(row: Row[Any]) -> Told:
    title, icon, tone = _DECISIONS[Decision(row.word)]
    return Told(title, f"{row.title}: {row.note}" if row.note else row.title, icon, tone)


@source("challenges.honoured", Chapter.CHALLENGES, _by_itself)
def _tell_done(row: Row[Any]) -> Told:
    return Told(_l("Challenge done"), row.title, "circle-check", "ok")


def _count(session: Session, person_id: int) -> Figure:
    done, under_way = (
        func.count().filter(Submission.state.in_(states))
        for states in ((State.APPROVED,), (State.IN_PROGRESS, State.SUBMITTED, State.REDO_REQUESTED))
    )
    row = session.execute(select(done, under_way).where(Submission.person_id == person_id)).one()
    return Figure(_l("Challenges"), _("%(n)s done", n=row[0]), _("%(n)s under way", n=row[1]))


FIGURES.append(_count)
