"""Sets of questions: what may be asked, what answers it, and that both stay together for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import challenges, outline, questionnaire, submissions
from portal.challenges.models import Challenge, Stage, Submission
from portal.challenges.stages import kind_of
from portal.challenges.states import ResponseState, State, Verification
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound
from portal.web.app import Portal
from tests.browsing import Browser

from .test_submissions import available, stages

Offer = Callable[..., Challenge]
ASKED: list[dict[str, Any]] = [
    {"kind": "text", "ask": "What changed?", "hint": "One sentence is enough."},
    {"kind": "one", "ask": "How did you hear of us?", "choices": ["From a friend", "At a fair"]},
    {"kind": "several", "ask": "What do you use?", "choices": ["Routing", "Reports", "Alerts"], "required": False},
    {"kind": "scale", "ask": "How easy is it?", "top": 5},
]
SETUP = {"questions": ASKED}
ANSWERS: dict[str, Any] = {
    "answer-1": "We go home on time.\r\nReally.",
    "answer-2": "At a fair",
    "several-3": ["Alerts", "Routing"],
    "answer-4": "4",
}
HOSTILE = "<script>alert(1)</script> \u202e {{7*7}} =cmd|' /C calc'!A0"


@pytest.fixture
def draft(db: Session, mia: Actor) -> Challenge:
    """A draft with one step that asks nothing yet."""
    challenge = challenges.create(db, "Tell us", by=mia, summary="Two minutes.")
    outline.add_stage(db, challenge.id, "questions", title="Some", instructions="Answer.", points=20, by=mia)
    db.commit()
    return challenge


def setup_of(db: Session, challenge: Challenge) -> dict[str, Any]:
    return db.scalars(
        select(Stage.setup).where(Stage.challenge_id == challenge.id).execution_options(populate_existing=True)
    ).one()


def asked(db: Session, challenge: Challenge) -> list[tuple[int, str]]:
    return [(each["number"], each["ask"]) for each in setup_of(db, challenge)["questions"]]


def known() -> dict[str, Any]:
    return kind_of("questions").set_up(SETUP)


def test_answers_are_kept_typed_beside_what_was_asked() -> None:
    kept = kind_of("questions").accept(ANSWERS, known())
    assert [(each["ask"], each["answer"]) for each in kept["answers"]] == [
        ("What changed?", "We go home on time.\nReally."),
        ("How did you hear of us?", "At a fair"),
        ("What do you use?", ["Routing", "Alerts"]),
        ("How easy is it?", 4),
    ]
    shown = [(proof.label, proof.text) for proof in kind_of("questions").proofs(kept)]
    assert shown[2:] == [("What do you use?", "Routing\nAlerts"), ("How easy is it?", "4 of 5")]


def test_what_need_not_be_answered_is_left_open() -> None:
    kept = kind_of("questions").accept({**ANSWERS, "several-3": None}, known())
    assert kept["answers"][2]["answer"] is None
    assert kind_of("questions").proofs(kept)[2].text == "No answer"


@pytest.mark.parametrize(
    ("field", "given", "sentence"),
    [
        ("answer-1", "", "needs an answer"),
        ("answer-1", " \r\n ", "needs an answer"),
        ("answer-1", None, "needs an answer"),
        ("answer-1", "x" * 1001, "1000 characters"),
        ("answer-1", "a\x00b", "not a text"),
        ("answer-1", 7, "not a text"),
        ("answer-1", ["x"], "not a text"),
        ("answer-2", "", "needs an answer"),
        ("answer-2", "On the moon", "Choose from what is offered"),
        ("answer-2", "at a fair", "Choose from what is offered"),
        ("answer-2", ["At a fair"], "not a text"),
        ("several-3", ["Routing", "Everything"], "Choose from what is offered"),
        ("several-3", "Routing", "Choose from what is offered"),
        ("several-3", [["Routing"]], "Choose from what is offered"),
        ("several-3", {"Routing": 1}, "Choose from what is offered"),
        ("answer-4", "0", "Choose from what is offered"),
        ("answer-4", "6", "Choose from what is offered"),
        ("answer-4", "4.5", "Choose from what is offered"),
        ("answer-4", "\u0664", "Choose from what is offered"),
        ("answer-4", "1e0", "Choose from what is offered"),
        ("answer-4", 4, "not a text"),
        ("answer-4", True, "not a text"),
    ],
)
def test_what_answers_nothing_is_refused_with_a_sentence(field: str, given: object, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        kind_of("questions").accept({**ANSWERS, field: given}, known())
    if "needs" not in sentence:
        with pytest.raises(Invalid, match=sentence):
            kind_of("questions").keep({field: given}, known())


def test_what_is_saved_for_later_need_not_be_whole() -> None:
    kept = kind_of("questions").keep({"answer-4": "2"}, known())
    assert [each["answer"] for each in kept["answers"]] == [None, None, None, 2]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "essay"}, "kind"),
        ({"kind": ["text"]}, "kind"),
        ({"kind": None}, "kind"),
        ({"ask": ""}, "ask"),
        ({"ask": "x" * 201}, "ask"),
        ({"ask": "Two\nlines"}, "ask"),
        ({"hint": "x" * 201}, "hint"),
        ({"hint": "Two\nlines"}, "hint"),
        ({"kind": "one"}, "choices"),
        ({"kind": "one", "choices": "A, B"}, "choices"),
        ({"kind": "one", "choices": ["A"]}, "choices"),
        ({"kind": "several", "choices": ["A", " "]}, "choices"),
        ({"kind": "several", "choices": [str(number) for number in range(13)]}, "choices"),
        ({"kind": "several", "choices": ["Yes", " yes "]}, "choices"),
        ({"kind": "one", "choices": ["A", "x" * 101]}, "choices"),
        ({"kind": "scale"}, "top"),
        ({"kind": "scale", "top": 1}, "top"),
        ({"kind": "scale", "top": 11}, "top"),
        ({"kind": "scale", "top": "5"}, "top"),
        ({"kind": "scale", "top": True}, "top"),
    ],
)
def test_what_nobody_could_answer_is_not_asked(
    db: Session, mia: Actor, draft: Challenge, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        questionnaire.add_question(db, draft.id, 1, {"kind": "text", "ask": "Why?", **given}, by=mia)
    assert refused.value.field == field
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("wrong", ["x", [7], [{"kind": "text", "ask": "A", "number": "1"}], {"a": 1}])
def test_what_is_no_set_of_questions_is_refused(wrong: object) -> None:
    with pytest.raises(Invalid):
        kind_of("questions").set_up({"questions": wrong})


def test_only_so_many_questions_are_asked(db: Session, mia: Actor, draft: Challenge) -> None:
    for number in range(20):
        questionnaire.add_question(db, draft.id, 1, {"kind": "text", "ask": f"No. {number}?"}, by=mia)
    with pytest.raises(LimitReached, match="at most 20 questions"):
        questionnaire.add_question(db, draft.id, 1, {"kind": "text", "ask": "One more?"}, by=mia)
    assert len(asked(db, draft)) == 20


def test_questions_are_added_changed_moved_and_removed_and_keep_their_numbers(
    db: Session, mia: Actor, draft: Challenge
) -> None:
    numbers = [questionnaire.add_question(db, draft.id, 1, each, by=mia) for each in ASKED[:3]]
    assert numbers == [1, 2, 3]
    questionnaire.move_question(db, draft.id, 1, 3, up=True, by=mia)
    questionnaire.move_question(db, draft.id, 1, 1, up=True, by=mia)
    questionnaire.move_question(db, draft.id, 1, 2, up=False, by=mia)
    assert [number for number, _ask in asked(db, draft)] == [1, 3, 2]
    questionnaire.change_question(db, draft.id, 1, 3, {"kind": "text", "ask": "Which?", "number": 9}, by=mia)
    questionnaire.remove_question(db, draft.id, 1, 2, by=mia)
    assert questionnaire.add_question(db, draft.id, 1, {"kind": "text", "ask": "More?"}, by=mia) == 4
    assert asked(db, draft) == [(1, "What changed?"), (3, "Which?"), (4, "More?")]
    for gone in (2, 99):
        with pytest.raises(NotFound, match="no such question"):
            questionnaire.remove_question(db, draft.id, 1, gone, by=mia)


def test_only_managers_ask_and_only_in_a_draft(
    db: Session, mia: Actor, ana: Actor, draft: Challenge, offer: Offer
) -> None:
    live, question = offer(("questions", 5, SETUP), ("confirm", 5)), {"kind": "text", "ask": "Why?"}
    for who, challenge, refusal in ((ana, draft, NotAllowed), (mia, live, Conflict)):
        for act in (
            lambda c=challenge, by=who: questionnaire.add_question(db, c.id, 1, question, by=by),
            lambda c=challenge, by=who: questionnaire.change_question(db, c.id, 1, 1, question, by=by),
            lambda c=challenge, by=who: questionnaire.move_question(db, c.id, 1, 1, up=False, by=by),
            lambda c=challenge, by=who: questionnaire.remove_question(db, c.id, 1, 1, by=by),
        ):
            with pytest.raises(refusal):
                act()
    outline.add_stage(db, draft.id, "story", title="T", by=mia)
    with pytest.raises(NotFound, match="asks no questions"):
        questionnaire.add_question(db, draft.id, 2, question, by=mia)
    with pytest.raises(Conflict, match="Another step stands here"):
        questionnaire.add_question(db, draft.id, 1, question, by=mia, stage_id=draft.id + 999)


def test_a_step_that_asks_nothing_is_not_published(db: Session, mia: Actor, draft: Challenge) -> None:
    db.execute(Challenge.__table__.update().values(for_everybody=True))
    db.commit()
    with pytest.raises(Invalid, match="write at least one question"):
        challenges.publish(db, draft.id, by=mia)
    db.rollback()
    db.connection().exec_driver_sql("UPDATE stage SET edition = 1")
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql("UPDATE challenge SET state = 'published', published_at = now(), edition = 1")
    assert refused.value.orig.diag.constraint_name == "stage_set_up"  # type: ignore[union-attr]
    db.rollback()
    questionnaire.add_question(db, draft.id, 1, ASKED[0], by=mia)
    assert challenges.publish(db, draft.id, by=mia).published_at is not None


@pytest.mark.parametrize(
    "setup", ['{"questions": 7}', '{"questions": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]}']
)
def test_the_database_refuses_it_too(db: Session, draft: Challenge, setup: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(f"UPDATE stage SET setup = '{setup}'")
    assert refused.value.orig.diag.constraint_name == "ck_stage_questions"  # type: ignore[union-attr]
    db.rollback()


def answered(db: Session, challenge: Challenge, who: Actor, answers: dict[str, Any]) -> Submission:
    submission = submissions.start(db, challenge.id, by=who)
    [response] = stages(db, submission)
    submissions.submit(db, submission.id, response.stage_id, answers, by=who)
    db.commit()
    return submission


def test_answers_wait_for_a_manager_and_come_once(db: Session, ana: Actor, offer: Offer) -> None:
    challenge = offer(("questions", 20, SETUP))
    submission = answered(db, challenge, ana, ANSWERS)
    assert answered(db, challenge, ana, ANSWERS).id == submission.id
    with pytest.raises(Conflict, match="handed in already"):
        answered(db, challenge, ana, {**ANSWERS, "answer-4": "5"})
    db.rollback()
    assert db.get_one(Submission, submission.id).state is State.SUBMITTED
    assert available(db, ana) == 0


def test_answers_on_ones_honour_are_paid_at_once(db: Session, mia: Actor, ana: Actor, draft: Challenge) -> None:
    outline.change_stage(
        db,
        draft.id,
        1,
        title="Some",
        instructions="Answer.",
        by=mia,
        verification=Verification.HONOUR,
        setup=SETUP,
    )
    db.execute(Challenge.__table__.update().values(for_everybody=True))
    challenges.publish(db, draft.id, by=mia)
    submission = answered(db, draft, ana, ANSWERS)
    assert [one.state for one in stages(db, submission)] == [ResponseState.ACCEPTED]
    assert available(db, ana) == 20


def test_a_change_of_a_live_challenge_changes_no_question_and_no_answer(
    db: Session, mia: Actor, ana: Actor, offer: Offer, superuser: Any
) -> None:
    challenge = offer(("questions", 20, SETUP))
    submission = answered(db, challenge, ana, ANSWERS)
    before = stages(db, submission)[0].response
    with pytest.raises(Conflict):
        outline.change_stage(db, challenge.id, 1, title="Said otherwise", instructions="Please.", by=mia)
    db.rollback()
    same = {"title": "Step 1", "instructions": "Do it."}
    with pytest.raises(Conflict):
        outline.change_stage(db, challenge.id, 1, **same, by=mia, setup={"questions": ASKED[:1]})
    db.rollback()
    db.expire_all()
    assert stages(db, submission)[0].response == before
    assert [proof.label for proof in kind_of("questions").proofs(before or {})] == [each["ask"] for each in ASKED]


def test_the_circle_without_javascript(db: Session, app: Portal, mia: Actor, ana: Actor, offer: Offer) -> None:
    challenge = offer(("questions", 20, SETUP))
    browser, home = Browser(app, db, ana), f"/challenges/{challenge.public_id}"
    assert "4 questions" in browser.get(home).text
    browser.post(f"{home}/submission", home)
    page = browser.get(home).text
    assert "One sentence is enough." in page
    step = f"{home}/steps/1"
    assert (
        browser.post(step, home, **{"answer-1": HOSTILE, "several-3": ["Reports", "Alerts"], "save": "1"}).status_code
        == 303
    )
    page = browser.get(step).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert page.count("checked") == 2
    missing = browser.post(step, home, **{"answer-1": HOSTILE, "several-3": ["Reports"], "answer-4": "9"})
    assert missing.status_code == 422
    assert "This question needs an answer." in missing.text
    assert "Choose from what is offered here." in missing.text
    assert "&lt;script&gt;alert(1)" in missing.text
    for foreign in ({"answer-9": "x"}, {"several-1": "x"}, {"points": "99"}):
        assert browser.post(step, home, **{**ANSWERS, **foreign}).status_code == 422
    assert browser.post(step, home, **{**ANSWERS, "answer-1": HOSTILE}).status_code == 303
    after = browser.get(step).text
    queue = Browser(app, db, mia).get("/admin/approvals").text
    for shown in (after, queue):
        assert "How did you hear of us?" in shown
        assert "At a fair" in shown
        assert "4 of 5" in shown
        assert "&lt;script&gt;alert(1)" in shown
        assert "<script>alert" not in shown
        assert "{{7*7}}" in shown


def test_the_queue_costs_the_same_for_one_question_and_for_many(
    db: Session, app: Portal, mia: Actor, ana: Actor, kofi: Actor, offer: Offer, count_queries: Any
) -> None:
    browser = Browser(app, db, mia)

    def cost(who: Actor, questions: list[dict[str, Any]], answers: dict[str, Any]) -> int:
        submission = answered(db, offer(("questions", 5, {"questions": questions})), who, answers)
        return count_queries(lambda: browser.opens(f"/admin/approvals/{submission.public_id}"))

    one = cost(ana, ASKED[:1], {"answer-1": "It is quick."})
    many = [{"kind": "text", "ask": f"No. {number}?"} for number in range(20)]
    assert cost(kofi, many, {f"answer-{number}": "Yes." for number in range(1, 21)}) == one
