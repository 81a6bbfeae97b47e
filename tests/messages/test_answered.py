"""What needs somebody stands under “needs you” until it is done, whoever did it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portal.audit import SYSTEM
from portal.messages import messages, queries
from portal.messages.kinds import KINDS, Data, MessageKind, message_kind
from portal.people import people


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    @message_kind
    class Ask(MessageKind):
        key = "test.ask"
        category = "needs_you"
        mail = False

        def subject(self, data: Data) -> str:
            return "Please look"

        def body(self, data: Data) -> list[str]:
            return []

    @message_kind
    class Answer(Ask):
        key = "test.answer"
        category = "news"

    yield
    del KINDS["test.ask"], KINDS["test.answer"]


def test_what_is_done_needs_nobody(db):
    ana, ben = (people.add_person(db, name, by=SYSTEM).id for name in ("Ana Mitchell", "Ben Carter"))
    for person in (ana, ben):
        messages.notify(db, person, "test.ask", subject_ref="thing:1")
    messages.notify(db, ana, "test.ask", subject_ref="thing:11")
    messages.notify(db, ana, "test.answer", subject_ref="thing:1")
    db.commit()
    assert len(queries.centre(db, ana, tab="needs_you").rows) == 2
    messages.answered(db, "thing:1")
    db.commit()
    assert len(queries.centre(db, ana, tab="needs_you").rows) == 1
    assert queries.centre(db, ben, tab="needs_you").rows == []
    assert messages.unread(db, ana) == 2, "the other thing, and the news, are still to be read"
    assert len(queries.centre(db, ana).rows) == 3, "what is done stays under “all”"
