"""Which kinds of message somebody got and what became of them; their words are for their reader alone."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, Select

from portal.messages.kinds import hidden, kind_of
from portal.messages.models import Message
from portal.messages.states import MessageState, Reason
from portal.people.timeline import Chapter, Told, line, source


def _told(person: ColumnElement[int]) -> Select[Any]:
    made = line(Message.created_at, Message.id, word=Message.kind, title=Message.state, note=Message.reason)
    return made.where(Message.person_id == person, Message.kind.not_in(hidden()))


@source("messages.told", Chapter.MESSAGES, _told)
def _tell(row: Row[Any]) -> Told:
    kind = kind_of(row.word)
    what = _("Message: %(reason)s", reason=Reason(row.note).label) if row.note else _("Message")
    return Told(kind.title, what, kind.icon, "warn" if row.title == MessageState.DROPPED else "brand")
