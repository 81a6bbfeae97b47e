"""What somebody did before: the work that was decided and the calls they gave, for who looks at their next piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import BigInteger, Select, Text, bindparam, cast, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from portal.challenges.models import Challenge, StageResponse, Submission
from portal.challenges.states import ResponseState, State
from portal.database.prepared import Prepared
from portal.references.models import Assignment, CallState, ReferenceCall, ReferenceRequest

SHOWN: Final = 6
_HELD: Final = _l("Call given")
_PERSON: Final = bindparam("person", type_=BigInteger)
_BESIDES: Final = bindparam("besides", type_=BigInteger)


@dataclass(frozen=True, slots=True)
class Before:
    """Something that the person did before, and what came of it."""

    title: str
    icon: str
    at: datetime
    points: int
    outcome: LazyString


def before(session: Session, person_id: int, *, besides: int) -> Sequence[Before]:
    """The last few things of a person that were decided or given, besides one submission; in one statement."""
    return [
        Before(_("Reference call with %(prospect)s", prospect=row.title), "phone", row.at, 0, _HELD)
        if row.state is None
        else Before(row.title, row.icon, row.at, int(row.points), State(row.state).label)
        for row in _before(session, person=person_id, besides=besides)
    ]


@Prepared
def _before() -> Select[*tuple[Any, ...]]:
    last = union_all(select(_decided().subquery()), select(_given().subquery())).subquery()
    return select(last).order_by(last.c.at.desc()).limit(SHOWN)


def _decided() -> Select[*tuple[Any, ...]]:
    paid = (
        select(func.coalesce(func.sum(StageResponse.points), 0))
        .where(StageResponse.submission_id == Submission.id, StageResponse.state == ResponseState.ACCEPTED)
        .correlate(Submission)
        .scalar_subquery()
    )
    return (
        select(
            Challenge.title,
            Challenge.icon,
            Submission.decided_at.label("at"),
            cast(paid, BigInteger).label("points"),
            cast(Submission.state, Text).label("state"),
        )
        .join(Challenge, Challenge.id == Submission.challenge_id)
        .where(Submission.person_id == _PERSON, Submission.id != _BESIDES, Submission.decided_at.is_not(None))
        .order_by(Submission.decided_at.desc(), Submission.id.desc())
        .limit(SHOWN)
    )


def _given() -> Select[*tuple[Any, ...]]:
    return (
        select(
            ReferenceRequest.prospect_name.label("title"),
            cast(null(), Text).label("icon"),
            ReferenceCall.held_at.label("at"),
            literal(0, BigInteger).label("points"),
            cast(null(), Text).label("state"),
        )
        .join(Assignment, Assignment.id == ReferenceCall.assignment_id)
        .join(ReferenceRequest, ReferenceRequest.id == Assignment.request_id)
        .where(Assignment.person_id == _PERSON, ReferenceCall.state == CallState.HELD)
        .order_by(ReferenceCall.held_at.desc(), ReferenceCall.id.desc())
        .limit(SHOWN)
    )
