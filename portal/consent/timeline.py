"""What somebody agreed to and took back, and to whom their contact data was shown."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, Select
from sqlalchemy.orm import aliased

from portal.consent.models import ConsentEvent, Disclosure, Kind
from portal.consent.scopes import SCOPES
from portal.people.models import Person
from portal.people.timeline import Chapter, Told, line, source

_WORDS: Final = {
    Kind.GIVEN: (_l("Agreed"), "shield-check", "ok"),
    Kind.WITHDRAWN: (_l("Took the consent back"), "undo-2", "brand"),
    Kind.EXPIRED: (_l("The consent ran out"), "clock", "warn"),
}


def _events(person: ColumnElement[int]) -> Select[Any]:
    made = line(
        ConsentEvent.at, ConsentEvent.id, word=ConsentEvent.kind, title=ConsentEvent.scope, by=ConsentEvent.actor_id
    )
    return made.where(ConsentEvent.person_id == person)


def _shown(person: ColumnElement[int]) -> Select[Any]:
    whom = aliased(Person)
    made = line(Disclosure.at, Disclosure.id, title=whom.name)
    return made.join(whom, whom.id == Disclosure.to_person_id).where(Disclosure.person_id == person)


@source("consent.event", Chapter.REFERENCES, _events)
def _tell(row: Row[Any]) -> Told:
    title, icon, tone = _WORDS[Kind(row.word)]
    scope = SCOPES.get(row.title)
    return Told(title, str(scope.label) if scope else row.title, icon, tone)


@source("consent.shown", Chapter.REFERENCES, _shown)
def _tell_shown(row: Row[Any]) -> Told:
    return Told(_("Name and address shown to %(name)s", name=row.title), None, "eye")
