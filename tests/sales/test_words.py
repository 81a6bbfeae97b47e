"""What is no call is not called one: on the pages of both sides and in their mails, from the ask to the thanks."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.consent.activities import ACTIVITIES, REFERENCE_CALL
from portal.consent.scopes import scopes_of
from portal.messages.kinds import KINDS
from portal.messages.models import Message
from portal.references import calls
from portal.web.app import Portal
from tests.asking import accepted
from tests.browsing import Browser
from tests.consented import Known, agree

Browse = Callable[[Known], Browser]
_CALL = re.compile(r".{0,40}\bcall(?:s|ed)?\b.{0,40}", re.IGNORECASE)


def said(page: str) -> list[str]:
    """Where the body of a page speaks of a call."""
    body = re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")])
    return _CALL.findall(unescape(" ".join(body.split())))


def told(db: Session) -> list[str]:
    """Where a message speaks of one."""
    found = []
    for message in db.scalars(select(Message).where(Message.kind.regexp_match("^(request|call)[.]"))):
        kind = KINDS[message.kind]
        words = [kind.subject(message.data), *kind.body(message.data), kind.action(message.data) or ""]
        found += _CALL.findall(" ".join(words))
    return found


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_what_is_no_call_is_not_called_one(
    app: Portal, db: Session, ana: Known, rep: Known, browse: Browse, activity: str
) -> None:
    is_one = activity == REFERENCE_CALL
    agree(db, ana, [scope.key for scope in scopes_of(activity)])
    request, assignment, call = accepted(db, ana, rep, activity=activity, topics="How long did the move take?")
    pages = ((browse(rep), f"/sales/requests/{request.public_id}"), (browse(ana), f"/asks/{assignment.public_id}"))
    db.commit()
    found = [said(browser.get(path).text) for browser, path in pages]
    assert [bool(words) for words in found] == [is_one, is_one], found
    calls.confirm_held(db, call.id, by=rep.actor)
    db.commit()
    found = [said(browser.get(path).text) for browser, path in pages]
    assert [bool(words) for words in found] == [is_one, is_one], found
    with app.test_request_context(), force_locale("en"):
        assert bool(told(db)) is is_one, told(db)
    db.rollback()
