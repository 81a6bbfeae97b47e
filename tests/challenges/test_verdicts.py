"""Decisions: recorded, undone, applied once, by somebody who may."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import SYSTEM, Actor
from portal.challenges import jobs, submissions, verdicts
from portal.challenges.models import Challenge, Submission, Verdict
from portal.challenges.states import Decision, Reason, State, VerdictState
from portal.database.invariants import known
from portal.database.refusal import Conflict, Invalid, NotAllowed, NotFound
from portal.people import people
from portal.people.states import Role

from .test_submissions import available, hand_in, stages

SECOND_VERDICT = (
    "INSERT INTO verdict (submission_id, decision, decided_by, apply_at)"
    " SELECT submission_id, decision, decided_by, apply_at FROM verdict"
)
OWN_VERDICT = (
    "INSERT INTO verdict (submission_id, decision, decided_by, apply_at, state)"
    " SELECT id, 'approve', person_id, now(), 'undone' FROM submission"
)
OWN_APPROVAL = "UPDATE submission SET state = 'approved', decided_at = now(), decided_by = person_id"


@pytest.fixture
def waiting(db: Session, ana: Actor, story: Challenge) -> Submission:
    """Ana's story, handed in."""
    return hand_in(db, story, ana)


def queued(db: Session) -> list[int]:
    """The verdicts that jobs will apply, as far as they are committed."""
    rows = db.execute(text("SELECT args FROM procrastinate_jobs WHERE task_name = 'challenges.apply_verdict'"))
    return [row.args["verdict_id"] for row in rows]


def elapse(db: Session) -> None:
    """Let the ten seconds of all open verdicts pass."""
    db.execute(text("UPDATE verdict SET apply_at = apply_at - interval '11 seconds'"))
    db.commit()


def test_a_verdict_waits_ten_seconds_and_a_job_applies_it(
    db: Session, ana: Actor, mia: Actor, waiting: Submission
) -> None:
    verdict = verdicts.record(db, waiting.id, Decision.APPROVE, by=mia, comment=" Lovely. ")
    db.commit()
    assert (verdict.apply_at - verdict.created_at).total_seconds() == 10
    assert queued(db) == [verdict.id]
    assert waiting.state is State.SUBMITTED
    jobs.apply_verdict(db, verdict_id=verdict.id)
    jobs.apply_verdict(db, verdict_id=verdict.id)
    db.commit()
    assert (verdict.state, waiting.state, waiting.comment) == (VerdictState.APPLIED, State.APPROVED, "Lovely.")
    assert available(db, ana) == 160


def test_an_undone_verdict_is_never_applied(db: Session, ana: Actor, mia: Actor, waiting: Submission) -> None:
    verdict = verdicts.record(db, waiting.id, Decision.APPROVE, by=mia)
    db.commit()
    for _click in range(2):
        assert verdicts.undo(db, verdict.id, by=mia).state is VerdictState.UNDONE
    db.commit()
    verdicts.apply(db, verdict.id)
    db.commit()
    assert (verdict.state, waiting.state, available(db, ana)) == (VerdictState.UNDONE, State.SUBMITTED, 10)
    assert verdicts.record(db, waiting.id, Decision.APPROVE, by=mia).id != verdict.id
    db.commit()


def test_what_was_applied_cannot_be_undone(db: Session, mia: Actor, waiting: Submission) -> None:
    verdict = verdicts.record(db, waiting.id, Decision.APPROVE, by=mia)
    verdicts.apply(db, verdict.id)
    db.commit()
    with pytest.raises(Conflict, match="carried out"):
        verdicts.undo(db, verdict.id, by=mia)


def test_only_who_decided_undoes(db: Session, mia: Actor, pia: Actor, ana: Actor, waiting: Submission) -> None:
    verdict = verdicts.record(db, waiting.id, Decision.APPROVE, by=mia)
    db.commit()
    for number, who in ((verdict.id, pia), (verdict.id + 1, mia)):
        with pytest.raises(NotFound):
            verdicts.undo(db, number, by=who)
    with pytest.raises(NotAllowed):
        verdicts.undo(db, verdict.id, by=ana)
    with pytest.raises(NotFound):
        verdicts.apply(db, verdict.id + 1)


def test_the_same_decision_twice_is_one_verdict(db: Session, mia: Actor, waiting: Submission) -> None:
    first = verdicts.record(db, waiting.id, Decision.APPROVE, by=mia)
    assert verdicts.record(db, waiting.id, Decision.APPROVE, by=mia).id == first.id
    db.commit()
    assert queued(db) == [first.id]


def test_a_second_decision_is_told_of_the_first(db: Session, mia: Actor, pia: Actor, waiting: Submission) -> None:
    verdicts.record(db, waiting.id, Decision.APPROVE, by=mia)
    db.commit()
    for who, decision in ((pia, Decision.APPROVE), (mia, Decision.REJECT)):
        with pytest.raises(Conflict, match="just decided"):
            verdicts.record(db, waiting.id, decision, by=who, reason=Reason.NOT_DONE)


def test_nobody_decides_on_their_own_or_without_the_role(
    db: Session, pia: Actor, ana: Actor, waiting: Submission, story: Challenge
) -> None:
    own = hand_in(db, story, pia)
    with pytest.raises(NotAllowed, match="Somebody else"):
        verdicts.record(db, own.id, Decision.APPROVE, by=pia)
    with pytest.raises(NotAllowed):
        verdicts.record(db, waiting.id, Decision.APPROVE, by=ana)
    with pytest.raises(NotFound):
        verdicts.record(db, 0, Decision.APPROVE, by=pia)


def test_what_does_not_wait_is_not_decided(db: Session, mia: Actor, waiting: Submission) -> None:
    submissions.approve(db, waiting.id, by=mia)
    db.commit()
    with pytest.raises(Conflict):
        verdicts.record(db, waiting.id, Decision.REJECT, by=mia, reason=Reason.NOT_DONE)


def test_an_incomplete_decision_is_refused(db: Session, mia: Actor, waiting: Submission) -> None:
    confirm, told = (one.stage_id for one in stages(db, waiting))
    for decision, more in (
        (Decision.REJECT, {}),
        (Decision.REDO, {"comment": "Why"}),
        (Decision.REDO, {"stage_ids": [told]}),
        (Decision.REDO, {"stage_ids": [confirm], "comment": "Why"}),
        (Decision.APPROVE, {"comment": "x" * 2001}),
    ):
        with pytest.raises(Invalid):
            verdicts.record(db, waiting.id, decision, by=mia, **more)  # type: ignore[arg-type]
    assert db.scalars(select(Verdict)).all() == []


def test_redo_and_rejection_are_carried_out(db: Session, ana: Actor, kofi: Actor, mia: Actor, story: Challenge) -> None:
    back, no = hand_in(db, story, ana), hand_in(db, story, kofi)
    told = stages(db, back)[1].stage_id
    redo = verdicts.record(db, back.id, Decision.REDO, by=mia, stage_ids=[told, told], comment="A number.")
    reject = verdicts.record(db, no.id, Decision.REJECT, by=mia, reason=Reason.DUPLICATE, comment="See yours of May.")
    db.commit()
    for verdict in (redo, reject):
        verdicts.apply(db, verdict.id)
    db.commit()
    assert (back.state, stages(db, back)[1].redo_note) == (State.REDO_REQUESTED, "A number.")
    assert (no.state, no.reason, no.comment) == (State.REJECTED, Reason.DUPLICATE, "See yours of May.")


def test_the_next_decision_applies_ones_elapsed_ones(
    db: Session, ana: Actor, kofi: Actor, mia: Actor, pia: Actor, story: Challenge
) -> None:
    first, second = hand_in(db, story, kofi), hand_in(db, story, ana)
    verdicts.record(db, first.id, Decision.APPROVE, by=mia)
    db.commit()
    elapse(db)
    verdicts.record(db, second.id, Decision.APPROVE, by=mia)
    db.commit()
    assert (first.state, second.state) == (State.APPROVED, State.SUBMITTED)
    third = hand_in(db, story, pia)
    verdicts.record(db, third.id, Decision.APPROVE, by=mia)
    db.commit()
    assert second.state is State.SUBMITTED


def test_the_decision_of_who_is_no_manager_any_more_is_dropped(
    db: Session, ana: Actor, mia: Actor, pia: Actor, kofi: Actor, story: Challenge
) -> None:
    admin = people.add_person(db, "Ada Admin", by=SYSTEM, roles=["admin"])
    first, second = hand_in(db, story, ana), hand_in(db, story, kofi)
    decided = [
        verdicts.record(db, first.id, Decision.APPROVE, by=mia),
        verdicts.record(db, second.id, Decision.APPROVE, by=pia),
    ]
    db.commit()
    by = Actor(admin.id, frozenset({Role.ADMIN}))
    assert mia.person_id is not None
    assert pia.person_id is not None
    people.suspend(db, mia.person_id, by=by)
    people.revoke_role(db, pia.person_id, Role.MANAGER, by=by)
    for verdict in decided:
        verdicts.apply(db, verdict.id)
    db.commit()
    assert {verdict.state for verdict in decided} == {VerdictState.UNDONE}
    assert {first.state, second.state} == {State.SUBMITTED}
    dropped = select(audit.AuditEntry).where(audit.AuditEntry.action == "verdict.drop")
    assert len(db.scalars(dropped).all()) == 2


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (SECOND_VERDICT, "uq_verdict_open"),
        ("UPDATE verdict SET decision = 'redo'", "ck_verdict_redo_names_stages"),
        ("UPDATE verdict SET decision = 'reject'", "ck_verdict_reject_has_reason"),
        ("UPDATE verdict SET state = 'lost'", "ck_verdict_state"),
        ("UPDATE verdict SET decided_by = (SELECT person_id FROM submission)", "verdict_not_by_oneself"),
        (OWN_VERDICT, "verdict_not_by_oneself"),
        ("UPDATE submission SET person_id = (SELECT decided_by FROM verdict)", "submission_whose"),
        (OWN_APPROVAL, "ck_submission_not_by_oneself"),
    ],
)
def test_the_database_refuses_it_too(
    db: Session, mia: Actor, waiting: Submission, statement: str, constraint: str
) -> None:
    verdicts.record(db, waiting.id, Decision.APPROVE, by=mia)
    db.commit()
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(statement)
    assert refused.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]
    db.rollback()


REVIEWS = ("challenges.reviews_stand_alone", "challenges.reviews_are_paid_once", "challenges.reviews_keep_no_rating")
_REVIEWED = (
    "UPDATE stage SET kind = 'review', verification = 'manager',"
    """ setup = '{"site": "g2", "address": "https://www.g2.com/x", "disclosure": "Points."}' WHERE kind = 'confirm'"""
)
"""A step that was believed is now a review: beside a story, paid without a link, with more to it than a link."""

PLANTED: dict[str, str] = {
    "challenges.accepted_is_paid": "UPDATE stage_response SET points = 11 WHERE state = 'accepted'",
    "challenges.paid_is_accepted": "UPDATE stage_response SET state = 'open', accepted_at = NULL"
    " WHERE state = 'accepted'",
    "challenges.state_follows": "UPDATE submission SET state = 'in_progress'",
    "challenges.verified_by_another": "UPDATE verdict SET decided_by = (SELECT person_id FROM submission)",
    "challenges.stage_of_challenge": "DELETE FROM stage_response WHERE state = 'handed_in'",
    "challenges.verdict_waits": "UPDATE submission SET state = 'dismissed'",
    "challenges.published_is_set_up": "UPDATE stage SET kind = 'visit' WHERE kind = 'confirm'",
    **dict.fromkeys(REVIEWS, _REVIEWED),
    "challenges.files_are_listed": 'UPDATE stage SET kind = \'upload\', setup = \'{"families": ["pdf"], "most": 1}\''
    " WHERE kind = 'confirm'",
    "challenges.files_have_room": "INSERT INTO upload (person_id, response_id, file, name, media_type, size)"
    " SELECT s.person_id, r.id, gen_random_uuid(), 'x.pdf', 'application/pdf', 1 FROM stage_response r"
    " JOIN submission s ON s.id = r.submission_id",
    "challenges.published_has_stages": "UPDATE stage SET position = position + 1",
    "challenges.audience_follows": "UPDATE audience_member SET country = 'Nowhere'",
    "challenges.audience_names_people": "UPDATE challenge SET people = ARRAY[987654321]",
    "challenges.places_suffice": "WITH another AS (INSERT INTO submission (challenge_id, person_id, edition, state)"
    " SELECT id, created_by, edition, 'in_progress' FROM challenge) UPDATE challenge SET places = 1",
    "challenges.says_what_its_edition_says": "UPDATE challenge SET title = 'Another'",
    "challenges.last_attempt_is_latest": "UPDATE submission SET attempt = 2",
}


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_a_planted_breach_is_noticed(
    db: Session,
    mia: Actor,
    waiting: Submission,
    name: str,
    superuser,  # type: ignore[no-untyped-def]
    breaches_expected: list[str],
) -> None:
    verdicts.record(db, waiting.id, Decision.APPROVE, by=mia)
    db.commit()
    also: dict[str, list[str]] = {
        "challenges.accepted_is_paid": ["challenges.stage_of_challenge"],
        "challenges.paid_is_accepted": ["challenges.state_follows"],
        "challenges.state_follows": ["challenges.verdict_waits"],
        "challenges.stage_of_challenge": ["challenges.state_follows"],
        **{name: ["challenges.stage_of_challenge", *(set(REVIEWS) - {name})] for name in REVIEWS},
        "challenges.places_suffice": ["challenges.state_follows", "challenges.stage_of_challenge"],
    }
    superuser.plant(PLANTED[name])
    breaches_expected.extend([name, *also.get(name, [])])


def test_each_invariant_of_the_slice_has_a_planted_breach() -> None:
    assert set(PLANTED) == {name for name in known() if name.startswith("challenges.")}
