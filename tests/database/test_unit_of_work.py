"""A GET cannot write; work that fails for a passing reason is done again; a constraint becomes a sentence."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from portal import clock
from portal.database import before_commit, read_only, run
from portal.database.refusal import Conflict, explain


def test_a_read_only_session_refuses_writes_and_a_unit_of_work_lifts_it(db):
    read_only(db)
    with pytest.raises(InternalError, match="read-only transaction"):
        db.execute(text("UPDATE program SET name = 'x'"))
    db.rollback()
    run(lambda session: session.execute(text("UPDATE program SET name = 'y'")))
    assert db.execute(text("SELECT name FROM program")).scalar_one() == "y"


def test_a_read_only_connection_is_writable_for_the_next_user(db, app):
    read_only(db)
    db.execute(text("SELECT 1"))
    db.close()
    with app.app_context():
        run(lambda session: session.execute(text("UPDATE program SET name = 'z'")))


def test_a_broken_constraint_becomes_the_sentence_that_explains_it(db):
    explain("ck_program_single", "There is one program only.")
    with pytest.raises(Conflict, match="one program only"):
        run(lambda session: session.execute(text("INSERT INTO program (id, name) VALUES (2, 'x')")))


def test_a_taken_key_is_tried_once_more_so_that_the_verb_finds_the_earlier_row(db):
    calls = []

    def work(session):
        calls.append(1)
        session.execute(text("INSERT INTO program (id, name) VALUES (1, 'x')"))

    with pytest.raises(Conflict):
        run(work)
    assert len(calls) == 2


def test_work_whose_answer_is_an_error_keeps_nothing(db):
    run(lambda session: session.execute(text("UPDATE program SET name = 'lost'")), commit_if=lambda _result: False)
    assert db.execute(text("SELECT name FROM program")).scalar_one() == "Advocates"


def test_what_comes_last_is_written_once_and_forgotten_on_rollback(db):
    written = []
    before_commit(db, "note", lambda session: written.append("lost"))
    db.execute(text("SELECT 1"))
    db.rollback()
    db.commit()

    def work(session):
        session.execute(text("SELECT 1"))
        before_commit(session, "note", lambda session: written.append("kept"))
        before_commit(session, "note", lambda session: written.append("kept instead"))

    run(work)
    assert written == ["kept instead"]


def test_the_ledger_is_written_after_all_that_comes_last(db):
    written = []

    def work(session):
        session.execute(text("SELECT 1"))
        before_commit(session, "ledger", lambda session: written.append("transfers"), last=True)
        before_commit(session, "jobs", lambda session: written.append("jobs"))

    run(work)
    assert written == ["jobs", "transfers"]


def test_the_clock_is_the_databases_and_can_be_set_for_one_transaction(db, at):
    at("2030-01-02T03:04:05+00:00")
    assert clock.now(db).isoformat() == "2030-01-02T03:04:05+00:00"
    db.rollback()
    assert clock.now(db).year != 2030


def test_a_pinned_clock_holds_for_every_transaction_inside(db):
    instant = datetime(2031, 5, 6, tzinfo=UTC)
    with clock.pinned(instant):
        assert run(clock.now) == instant
        assert run(lambda session: session.execute(text("SELECT portal_now()")).scalar_one()) == instant
    assert run(clock.now) != instant
