"""Somebody who gets mails of three kinds: one that may be switched off, one that is for managers, an essential one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.messages import mail
from portal.messages.kinds import KINDS, Data, MessageKind, message_kind
from portal.messages.letter import WHOLE
from portal.messages.models import Message
from portal.messages.states import MessageState, Reason
from portal.people import people
from portal.people.models import Person
from portal.people.states import MANAGERS
from portal.web.app import Portal

Standing = tuple[MessageState, Reason | None]


@pytest.fixture
def kinds() -> Iterator[None]:
    @message_kind
    class Wished(MessageKind):
        key = "test.wished"
        title = "Tests that are green"
        why = "You wrote this test."

        def subject(self, data: Data) -> str:
            return "All is green"

    @message_kind
    class ForManagers(Wished):
        key = "test.managers"
        readers = MANAGERS
        category = "needs_you"

    @message_kind
    class Essential(Wished):
        key = "security.test"

    yield
    for kind in (Wished, ForManagers, Essential):
        del KINDS[kind.key]


@pytest.fixture
def ana(app: Portal, db: Session, kinds: None) -> Person:
    for file in mail.folder(app.config["PORTAL"]).glob("*"):
        file.unlink()
    person = people.add_person(db, "Ana Lima", by=SYSTEM, email="ana@example.com", verified=True, roles=["advocate"])
    db.commit()
    return person


@pytest.fixture
def sent(app: Portal) -> Callable[[], list[EmailMessage]]:
    """The mails that went so far."""

    def read() -> list[EmailMessage]:
        files = sorted(mail.folder(app.config["PORTAL"]).glob("[0-9]*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=WHOLE) for file in files]  # type: ignore[arg-type]

    return read


@pytest.fixture
def standing(db: Session) -> Callable[[Message], Standing]:
    """How it stands with a message."""

    def read(message: Message) -> Standing:
        number = message.id
        db.expire_all()
        row = db.execute(select(Message.state, Message.reason).where(Message.id == number)).one()
        db.commit()
        return row.state, row.reason

    return read
