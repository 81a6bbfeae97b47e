"""Searches of the pool that somebody keeps under a name: filters, never the people whom they find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.clock import now
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound, explain
from portal.people.people import lock_person
from portal.people.states import STAFF
from portal.references.models.searches import (
    LARGEST_SEARCH,
    LONGEST_SEARCH_NAME,
    LONGEST_SEARCH_WORDS,
    MOST_CHOSEN,
    MOST_SEARCHES,
    SavedSearch,
)
from portal.references.pool_sql import FACETS, Filters

_TAKEN: Final = _l("You keep a search of this name already. Choose another name.")

explain("uq_saved_search_name", _TAKEN)


def save(session: Session, name: str, filters: Filters, *, by: Actor) -> SavedSearch:
    """Keep filters under a name, unique among one's own whatever its capitals; a second click gives the first result.

    Refuses `NotAllowed` for all but staff, `Invalid` for a name that is none and where nothing or too much was chosen,
    `Conflict` for the name of another search of theirs, `LimitReached` for more than 20.
    """
    person_id, clean = _staff(by), _named(name)
    _worth_keeping(filters)
    lock_person(session, person_id)
    mine = _of(session, person_id)
    for search in mine:
        if search.name.lower() == clean.lower():
            if filters_of(search) == filters:
                return search
            raise Conflict(_TAKEN, field="name")
    taken = {search.nth for search in mine}
    nth = next((place for place in range(1, MOST_SEARCHES + 1) if place not in taken), None)
    if nth is None:
        raise LimitReached(
            _("You keep %(most)d searches, the most there can be. Delete one first.", most=MOST_SEARCHES)
        )
    search = SavedSearch(person_id=person_id, name=clean, nth=nth, words=filters.words, created_at=now(session))
    for facet in FACETS:
        setattr(search, facet, list(filters.chosen(facet)))
    session.add(search)
    session.flush()
    session.refresh(search, ["public_id"])
    return search


def rename(session: Session, public_id: UUID, name: str, *, by: Actor) -> SavedSearch:
    """Give one of one's own searches another name. Refuses as `save` does, and `NotFound` for one of somebody else."""
    person_id, clean = _staff(by), _named(name)
    lock_person(session, person_id)
    search = one(session, public_id, by=by)
    if any(other.name.lower() == clean.lower() for other in _of(session, person_id) if other.id != search.id):
        raise Conflict(_TAKEN, field="name")
    search.name = clean
    session.flush()
    return search


def remove(session: Session, public_id: UUID, *, by: Actor) -> None:
    """Delete one's own search. Refuses `NotFound` for a missing one and for somebody else's alike."""
    mine = delete(SavedSearch).where(SavedSearch.public_id == public_id, SavedSearch.person_id == _staff(by))
    if session.execute(mine.returning(SavedSearch.id)).one_or_none() is None:
        raise NotFound


def one(session: Session, public_id: UUID, *, by: Actor) -> SavedSearch:
    """One's own search. Refuses `NotFound` for a missing one and for somebody else's alike."""
    mine = select(SavedSearch).where(SavedSearch.public_id == public_id, SavedSearch.person_id == _staff(by))
    search = session.scalar(mine)
    if search is None:
        raise NotFound
    return search


def of(session: Session, *, by: Actor) -> Sequence[SavedSearch]:
    """One's own searches, by name; never more than there are places."""
    return _of(session, _staff(by))


def filters_of(search: SavedSearch) -> Filters:
    """What a search looks for."""
    return Filters(words=search.words, **{facet: tuple(getattr(search, facet)) for facet in FACETS})


def _of(session: Session, person_id: int) -> Sequence[SavedSearch]:
    mine = select(SavedSearch).where(SavedSearch.person_id == person_id).order_by(SavedSearch.name, SavedSearch.id)
    return session.scalars(mine.limit(MOST_SEARCHES)).all()


def _named(name: str) -> str:
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= LONGEST_SEARCH_NAME or not clean.isprintable():
        raise Invalid(_("Give it a name of up to %(most)d characters.", most=LONGEST_SEARCH_NAME), field="name")
    return clean


def _worth_keeping(filters: Filters) -> None:
    if filters.empty:
        raise Invalid(_("Choose a filter or type words first: there is nothing to keep yet."))
    values = [value for facet in FACETS for value in filters.chosen(facet)]
    if not all(value.isprintable() for value in [*values, filters.words]):
        raise Invalid(_("A filter holds characters that nobody can read. Choose it again."))
    too_many = any(len(filters.chosen(facet)) > MOST_CHOSEN for facet in FACETS)
    if too_many or len(filters.words) > LONGEST_SEARCH_WORDS or _size(values) > LARGEST_SEARCH:
        raise Invalid(_("This is more than a search can hold. Choose fewer filters."))


def _size(values: Sequence[str]) -> int:
    """At least as many bytes as the database counts: quotes, commas and what it escapes."""
    return sum(2 * len(value.encode()) + 3 for value in values) + 2


def _staff(by: Actor) -> int:
    by.require(*STAFF)
    if by.person_id is None:
        raise NotAllowed
    return by.person_id
