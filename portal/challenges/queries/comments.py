"""The comment templates: those offered with a decision, and the manager's list of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Select, Text, Uuid, bindparam, func, select, tuple_
from sqlalchemy.orm import Session

from portal.challenges.models import CommentTemplate
from portal.challenges.states import Decision
from portal.database.kept import Kept
from portal.database.prepared import Prepared
from portal.database.refusal import NotFound
from portal.web.paging import Cursor, Page, page_of

PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Offered:
    """A template as it is offered with a decision, or with each."""

    public_id: UUID
    title: str
    words: str
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A template in the manager's list."""

    id: int
    public_id: UUID
    title: str
    words: str
    decision: Decision | None
    archived: bool
    sort: str


def _read(session: Session) -> Sequence[Offered]:
    return [Offered(*tuple(row)) for row in _offered(session)]


offered: Final = Kept(_read)
"""All that are not archived, by title: as many as there may be (comments.MOST)."""


def listed(
    session: Session, *, archived: bool = False, after: Cursor | None = None, limit: int = PER_PAGE
) -> Page[Listed]:
    """The manager's list, by title."""
    title, last = after or ("", 0)
    rows = [Listed(*tuple(row)) for row in _listed[archived](session, title=title, last=last, rows=limit + 1)]
    return page_of(rows, limit, lambda row: (row.sort, row.id))


def template(session: Session, public_id: UUID) -> Listed:
    """One template. Refuses `NotFound`."""
    found = _one(session, template=public_id)
    if not found:
        raise NotFound
    return Listed(*tuple(found[0]))


@Prepared
def _offered() -> Select[*tuple[Any, ...]]:
    columns = (CommentTemplate.public_id, CommentTemplate.title, CommentTemplate.words, CommentTemplate.decision)
    return select(*columns).where(CommentTemplate.archived_at.is_(None)).order_by(func.lower(CommentTemplate.title))


def _rows() -> Select[*tuple[Any, ...]]:
    return select(
        CommentTemplate.id,
        CommentTemplate.public_id,
        CommentTemplate.title,
        CommentTemplate.words,
        CommentTemplate.decision,
        CommentTemplate.archived_at.is_not(None).label("archived"),
        func.lower(CommentTemplate.title).label("sort"),
    )


def _page(archived: bool) -> Select[*tuple[Any, ...]]:
    sort = func.lower(CommentTemplate.title)
    mark = tuple_(bindparam("title", type_=Text), bindparam("last", type_=BigInteger))
    wanted = CommentTemplate.archived_at.is_not(None) if archived else CommentTemplate.archived_at.is_(None)
    rows = _rows().where(wanted, tuple_(sort, CommentTemplate.id) > mark)
    return rows.order_by(sort, CommentTemplate.id).limit(bindparam("rows", type_=Integer))


_listed: Final = {False: Prepared(lambda: _page(False)), True: Prepared(lambda: _page(True))}


@Prepared
def _one() -> Select[*tuple[Any, ...]]:
    return _rows().where(CommentTemplate.public_id == bindparam("template", type_=Uuid()))
