"""The kinds of message: each slice registers its own, with their words and when they may go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.messages.models import ESSENTIAL, Message
from portal.messages.states import Reason
from portal.people.states import Role
from portal.settings import Settings

Data = Mapping[str, Any]
_ESSENTIAL: Final = re.compile(ESSENTIAL)


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """What a mail tells a calendar: an iCalendar object with its method (`REQUEST`, `CANCEL`)."""

    method: str
    content: bytes


class MessageKind:
    """One kind of message. Words are made when they are read or mailed, in the reader's language."""

    key: ClassVar[str]
    """`<slice>.<what>`, as stored."""
    title: ClassVar[str | LazyString] = _l("Other news")
    """What messages of this kind are about, where people choose their mails."""
    why: ClassVar[str | LazyString] = _l("It concerns something that you take part in.")
    """Why somebody gets it, as a sentence: shown beside the message and at the foot of its mail."""
    readers: ClassVar[frozenset[str]] = frozenset({Role.ADVOCATE})
    """The roles whose holders it is for."""
    category: ClassVar[str] = "news"
    """`needs_you`, `news` or `account`: the tab of the message centre."""
    icon: ClassVar[str] = "bell"
    tone: ClassVar[str] = "brand"
    mail: ClassVar[bool] = True
    """Whether it is mailed too."""
    in_portal: ClassVar[bool] = True
    """Whether the message centre shows it; not what is only of use in the mail, such as a link to sign in."""

    @property
    def tab(self) -> str:
        """The tab of the message centre that shows it."""
        return "needs_you" if self.category == "needs_you" else "news"

    @property
    def optional(self) -> bool:
        """Whether people may switch its mails off; what only lives in the mail, and what is essential, always goes."""
        return self.mail and self.in_portal and not _ESSENTIAL.match(self.key)

    def subject(self, data: Data) -> str:
        """One line."""
        raise NotImplementedError

    def body(self, data: Data) -> list[str]:
        """The paragraphs, in plain text; none where the subject says all."""
        return []

    def facts(self, data: Data) -> list[tuple[str, str]]:
        """Terms and values that stand out in a box: what, when, how much."""
        return []

    def action(self, data: Data) -> str | None:
        """The words of the button that opens the link."""
        return None

    def note(self, data: Data) -> str | None:
        """A small line at the end: why this came, or what it does not mean."""
        return None

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Why it must not be sent, or None; asked in the transaction that marks it as sending (trust.md, consent)."""
        return None

    def may_wait(self, data: Data, until: datetime) -> bool:
        """Whether its mail may wait until the reader's quiet hours end; not what is of no use any more by then."""
        return True

    def calendar(self, session: Session, message: Message, settings: Settings) -> CalendarPart | None:
        """What its mail tells the reader's calendar, as things are when it is sent."""
        return None

    def path(self, session: Session, message: Message) -> str | None:
        """Where the button leads, below the base URL; secrets in it are made here and never stored."""
        return message.link_path

    def address(self, session: Session, message: Message) -> str | None:
        """The address it must go to; None: the person's primary one."""
        return None


KINDS: Final[dict[str, MessageKind]] = {}


def message_kind(kind: type[MessageKind]) -> type[MessageKind]:
    """Register a kind; a decorator of its class."""
    KINDS[kind.key] = kind()
    return kind


def hidden() -> list[str]:
    """The kinds that the message centre does not show."""
    return [key for key, kind in KINDS.items() if not kind.in_portal]


class Unknown(MessageKind):
    """Stands for a kind that this version of the portal no longer knows."""

    key = "unknown"
    mail = False

    def subject(self, data: Data) -> str:
        """Nothing but its key is known."""
        return ""


def kind_of(message_kind_key: str) -> MessageKind:
    """The kind of a stored message."""
    return KINDS.get(message_kind_key) or Unknown()
