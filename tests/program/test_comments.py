"""Comment templates: made, changed, archived, brought back; put into a comment with and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.challenges import comments
from portal.challenges.models import Challenge, CommentTemplate, Submission, Verdict
from portal.challenges.states import Decision
from portal.database.refusal import Invalid, LimitReached, NotAllowed, NotFound
from portal.web.app import Portal
from tests.browsing import Browser
from tests.challenges.test_submissions import hand_in, stages

TEMPLATES = "/admin/approvals/templates"
QUEUE = "/admin/approvals"


@pytest.fixture
def browser(app: Portal, db: Session, mia: Actor) -> Browser:
    """Mia at her desk."""
    return Browser(app, db, mia)


@pytest.fixture
def thanks(db: Session, mia: Actor) -> CommentTemplate:
    """Words for any decision."""
    template = comments.add(db, "Thanks", "Thank you for the time.", by=mia)
    db.commit()
    return template


@pytest.fixture
def waiting(db: Session, ana: Actor, story: Challenge) -> Submission:
    """Ana's story, handed in."""
    return hand_in(db, story, ana)


def test_a_template_is_written_changed_archived_and_brought_back(db: Session, browser: Browser) -> None:
    words = {"title": " A  number ", "words": "Could you add a <b>number</b>?", "decision": "redo"}
    assert browser.post(f"{TEMPLATES}/new", f"{TEMPLATES}/new", **words).headers["Location"] == TEMPLATES
    template = db.scalars(select(CommentTemplate)).one()
    assert (template.title, template.decision) == ("A number", Decision.REDO)
    page = f"{TEMPLATES}/{template.public_id}"
    assert "&lt;b&gt;number&lt;/b&gt;" in browser.get(page).text
    assert "<b>number" not in browser.get(TEMPLATES).text
    browser.post(page, page, title="A figure", words="Could you add a figure?", decision="")
    db.expire_all()
    assert (template.title, template.decision) == ("A figure", None)
    for action, archived in (("archive", True), ("archive", True), ("return", False), ("return", False)):
        assert browser.post(f"{page}/{action}", page).status_code == 303
        assert ("A figure" in browser.get(f"{TEMPLATES}?show=archived").text) == archived
        assert ("A figure" in browser.get(TEMPLATES).text) != archived
    entry = audit.AuditEntry
    actions = db.scalars(select(entry.action).where(entry.action.like("comment_template.%")).order_by(entry.id))
    assert [action.partition(".")[2] for action in actions] == ["add", "change", "archive", "return"]


def test_what_makes_no_template_is_said_and_kept(browser: Browser, thanks: CommentTemplate) -> None:
    page = f"{TEMPLATES}/new"
    for fields in (
        {"title": "", "words": "Keep me"},
        {"title": "thanks", "words": "Keep me"},
        {"title": "Keep me", "words": "  "},
        {"title": "Keep me", "words": "x" * 2001},
        {"title": "Keep me", "words": "Fine", "decision": "delete"},
    ):
        answer = browser.post(page, page, **fields)
        assert answer.status_code == 422, fields
        assert "Keep me" in answer.text
    page = f"{TEMPLATES}/{thanks.public_id}"
    assert browser.post(page, page, title="", words="Keep me", decision="").status_code == 422


def test_an_archived_title_is_free_and_cannot_come_back_beside_another(
    db: Session, mia: Actor, thanks: CommentTemplate
) -> None:
    with pytest.raises(Invalid, match="this title"):
        comments.add(db, "THANKS", "Again.", by=mia)
    comments.archive(db, thanks.id, by=mia)
    comments.add(db, "THANKS", "Again.", by=mia)
    db.commit()
    with pytest.raises(Invalid, match="this title"):
        comments.bring_back(db, thanks.id, by=mia)
    with pytest.raises(IntegrityError, match="uq_comment_template_title"):
        db.execute(text("UPDATE comment_template SET archived_at = NULL"))
    db.rollback()


def test_there_is_an_end_to_templates(db: Session, mia: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comments, "MOST", 2)
    first = comments.add(db, "One", "One.", by=mia)
    comments.archive(db, first.id, by=mia)
    for title in ("Two", "Three"):
        comments.add(db, title, "Words.", by=mia)
    with pytest.raises(LimitReached):
        comments.add(db, "Four", "Words.", by=mia)
    with pytest.raises(LimitReached):
        comments.bring_back(db, first.id, by=mia)


def test_templates_are_for_managers(db: Session, app: Portal, ana: Actor, mia: Actor, thanks: CommentTemplate) -> None:
    for verb in (comments.archive, comments.bring_back):
        with pytest.raises(NotAllowed):
            verb(db, thanks.id, by=ana)
        with pytest.raises(NotFound):
            verb(db, 0, by=mia)
    with pytest.raises(NotAllowed):
        comments.add(db, "Mine", "Words.", by=ana)
    with pytest.raises(NotAllowed):
        comments.change(db, thanks.id, title="Mine", words="Words.", decision=None, by=ana)
    assert Browser(app, db, ana).get(TEMPLATES).status_code == 403


def option(page: str, dialog: str) -> list[str]:
    """The templates offered with a decision."""
    found = re.search(rf'<select[^>]*id="{dialog}-template"[^>]*>(.*?)</select>', page, re.DOTALL)
    return re.findall(r">([^<]+)</option>", found[1])[1:] if found else []


def test_each_decision_offers_what_was_written_for_it(
    db: Session, browser: Browser, mia: Actor, thanks: CommentTemplate, waiting: Submission
) -> None:
    comments.add(db, "A number", "Could you add a number?", decision=Decision.REDO, by=mia)
    comments.archive(db, comments.add(db, "Old", "Old.", by=mia).id, by=mia)
    db.commit()
    page = browser.get(f"{QUEUE}/{waiting.public_id}").text
    offered = {how: option(page, how) for how in ("approve", "redo", "reject")}
    assert offered == {"approve": ["Thanks"], "redo": ["A number", "Thanks"], "reject": ["Thanks"]}


def test_without_scripts_the_words_are_put_in_by_the_server(
    db: Session, browser: Browser, thanks: CommentTemplate, waiting: Submission
) -> None:
    page = f"{QUEUE}/{waiting.public_id}"
    told = stages(db, waiting)[1].stage_id
    given = {"decision": "redo", "template": str(thanks.public_id), "comment": "Dear Ana", "stages": told}
    answer = browser.post(f"{page}/words", page, **given)
    assert answer.status_code == 200
    assert re.search(r'<dialog[^>]*id="redo"[^>]*open', answer.text)
    assert re.search(r"<textarea[^>]*redo-comment[^>]*>\s*Dear Ana\s+Thank you for the time\.</textarea>", answer.text)
    assert re.search(rf'checked[^>]*value="{told}"', answer.text)
    assert db.scalars(select(Verdict)).all() == []
    assert browser.post(f"{page}/words", page, **{**given, "template": "nonsense"}).status_code == 200
    assert browser.post(f"{page}/words", page, **{**given, "points": "9"}).status_code == 422


def test_a_chosen_template_goes_along_where_nothing_was_typed(
    db: Session, browser: Browser, thanks: CommentTemplate, waiting: Submission, kofi: Actor, story: Challenge
) -> None:
    for submission, typed in ((waiting, ""), (hand_in(db, story, kofi), "My own words.")):
        page = f"{QUEUE}/{submission.public_id}"
        given = {"decision": "approve", "template": str(thanks.public_id), "comment": typed}
        assert browser.post(f"{page}/verdict", page, **given).status_code == 303
    said = db.scalars(select(Verdict.comment).order_by(Verdict.id)).all()
    assert said == ["Thank you for the time.", "My own words."]


def test_a_template_that_is_gone_is_said_and_nothing_is_lost(
    db: Session, browser: Browser, mia: Actor, thanks: CommentTemplate, waiting: Submission
) -> None:
    page = f"{QUEUE}/{waiting.public_id}"
    browser.get(page)
    comments.add(db, "Other", "Other words.", by=mia)
    comments.archive(db, thanks.id, by=mia)
    db.commit()
    given = {"decision": "approve", "template": str(thanks.public_id), "comment": "Typed"}
    answer = browser.post(f"{page}/verdict", page, **given)
    assert answer.status_code == 422
    assert "Typed" in answer.text


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("title = ''", "ck_comment_template_title"),
        ("words = ''", "ck_comment_template_words"),
        ("decision = 'praise'", "ck_comment_template_decision"),
    ],
)
def test_the_database_refuses_it_too(db: Session, thanks: CommentTemplate, change: str, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        db.execute(text(f"UPDATE comment_template SET {change}"))
    db.rollback()


def test_many_templates_cost_as_many_statements_as_one(
    db: Session,
    browser: Browser,
    mia: Actor,
    thanks: CommentTemplate,
    waiting: Submission,
    count_queries: Callable[[Callable[[], object]], int],
) -> None:
    page = f"{QUEUE}/{waiting.public_id}"
    browser.opens(page)
    one = count_queries(lambda: browser.opens(page))
    for number in range(20):
        comments.add(db, f"Template {number}", "Words.", by=mia)
    db.commit()
    assert count_queries(lambda: browser.opens(page)) == one
