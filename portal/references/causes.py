"""What the rest of the house learns of requests: why points came, and how much waits for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, ScalarSelect, Select, any_, bindparam, func, select
from sqlalchemy.orm import Session

from portal.access.visitor import FACTS
from portal.database.prepared import Prepared
from portal.points.causes import CAUSES, Named
from portal.references.activity_words import words_of
from portal.references.models import (
    Assignment,
    AssignmentState,
    ReferenceCall,
    ReferenceRequest,
    RequestState,
)


def calls(session: Session, ids: Sequence[int]) -> Mapping[int, Named]:
    """The calls and what else was done, by prospect, with the page of the ask that led to each."""
    return {
        row.id: (words_of(row.scope.partition(":")[0]).earned(row.prospect_name), f"/asks/{row.public_id}")
        for row in _prospects(session, ids=ids)
    }


@Prepared
def _prospects() -> Select[*tuple[Any, ...]]:
    return (
        select(ReferenceCall.id, ReferenceRequest.prospect_name, Assignment.public_id, Assignment.scope)
        .join(Assignment, Assignment.id == ReferenceCall.assignment_id)
        .join(ReferenceRequest, ReferenceRequest.id == Assignment.request_id)
        .where(ReferenceCall.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    )


def asks(person_id: ColumnElement[int]) -> ScalarSelect[Any]:
    """How many asks wait for this advocate's answer."""
    return (
        select(func.count())
        .select_from(Assignment)
        .where(Assignment.person_id == person_id, Assignment.state == AssignmentState.ASKED)
        .scalar_subquery()
    )


def requests(person_id: ColumnElement[int]) -> ScalarSelect[Any]:
    """How many requests of this rep are under way."""
    under_way = (RequestState.WAITING, RequestState.SCHEDULED, RequestState.HELD)
    return (
        select(func.count())
        .select_from(ReferenceRequest)
        .where(ReferenceRequest.requested_by == person_id, ReferenceRequest.state.in_(under_way))
        .scalar_subquery()
    )


CAUSES["call"] = calls
FACTS["asks"] = asks
FACTS["requests"] = requests
