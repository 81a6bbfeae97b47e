"""Passwords beside mail links: what is accepted, how it is kept, who comes in, and what a change ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.access import hashing, passwords, sessions, sign_in, strength, throttle
from portal.access.models import LoginSession, Password, SignInLink
from portal.access.states import Purpose
from portal.audit import SYSTEM
from portal.database import run
from portal.database.refusal import Gone, Invalid, NotAllowed, Refusal, TooManyTries
from portal.people import people
from portal.people.models import Person
from portal.web.app import Portal
from portal.web.session import hash_token
from tests.access.conftest import Mailbox, actor
from tests.access.test_races import together

GOOD = "walnut harbour ninety lanterns"
OTHER = "a quiet pelican reads maps"
ANA = "ana.lima@example.com"
Somebody = Callable[..., Person]


def set_for(db: Session, person: Person, password: str = GOOD) -> None:
    """Set a password as from the account, a moment after signing in."""
    began = sessions.start(db, person.id, hash_token(f"fresh-{time.monotonic_ns()}"), "test")
    passwords.change(db, password, by=actor(person), session_id=began.id)
    db.commit()


def stored(db: Session, person: Person) -> str:
    return db.scalars(select(Password.hash).where(Password.person_id == person.id)).one()


def sessions_of(db: Session, person: Person) -> int:
    return len(db.scalars(select(LoginSession.id).where(LoginSession.person_id == person.id)).all())


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("short one", "12 characters"),
        ("x" * 129, "128 characters"),
        ("passwordpassword", "easy to guess"),
        ("Passw0rd1234!", "easy to guess"),
        ("qwertyuiopasdf", "easy to guess"),
        ("aaaaaaaaaaaaaaaa", "easy to guess"),
        ("123456789012345", "easy to guess"),
        ("Northstar!!2026", "easy to guess"),
    ],
)
def test_what_is_guessed_first_is_refused(app: Portal, typed: str, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refused:
        strength.acceptable(typed, known=["northstar"])
    assert refused.value.field == "password"


def test_the_words_of_the_person_and_the_program_are_no_password(db: Session, somebody: Somebody) -> None:
    ana = somebody("Ana Lima", "advocate")
    ana.company_id = people.add_company(db, "Harbor Lines", by=SYSTEM).id
    db.commit()
    for typed in ("AnaLima-Advocates", ANA, "harborlines2026", "HarborLines.Ana.Lima"):
        with pytest.raises(Invalid, match="easy to guess"):
            set_for(db, ana, typed)
        db.rollback()
    assert passwords.since(db, ana.id) is None


def test_any_characters_count_and_none_is_cut_off(db: Session, somebody: Somebody) -> None:
    ana = somebody("Ana Lima", "advocate")
    for typed in (GOOD, " leading and trailing spaces stay ", "ключ от старого маяка", "🌲" * 3 + "Kelp!forest-9"):
        set_for(db, ana, typed)
        assert passwords.by_password(db, ANA, typed) == ana.id
        for wrong in (typed[:-1], typed + " "):
            with pytest.raises(Invalid):
                passwords.by_password(db, ANA, wrong)


def test_letters_may_be_composed_either_way(db: Session, somebody: Somebody) -> None:
    ana = somebody("Ana Lima", "advocate")
    set_for(db, ana, "cafe\u0301 mu\u0308hle wandert ostwa\u0308rts")
    assert passwords.by_password(db, ANA, "caf\u00e9 m\u00fchle wandert ostw\u00e4rts") == ana.id


def test_the_longest_is_compared_to_its_last_character(db: Session, somebody: Somebody) -> None:
    ana = somebody("Ana Lima", "advocate")
    long = (GOOD + " ") * 4 + "1234"
    assert len(long) == strength.LONGEST
    set_for(db, ana, long)
    assert passwords.by_password(db, ANA, long) == ana.id
    with pytest.raises(Invalid):
        passwords.by_password(db, ANA, long[:-1] + "9")
    with pytest.raises(Invalid):
        passwords.by_password(db, ANA, long + "x" * 5000)


def test_only_a_strong_hash_is_stored(db: Session, somebody: Somebody) -> None:
    ana = somebody("Ana Lima", "advocate")
    set_for(db, ana)
    assert stored(db, ana).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert GOOD not in stored(db, ana)
    weak = {
        "argon2id": (GOOD, "$2b$12$" + "a" * 53, stored(db, ana).replace("argon2id", "argon2i"), ""),
        "strong": (PasswordHasher(time_cost=2, memory_cost=8192).hash(GOOD), PasswordHasher(time_cost=1).hash(GOOD)),
    }
    for rule, hashes in weak.items():
        for hashed in hashes:
            with pytest.raises(IntegrityError, match=f"ck_password_{rule}"):
                db.execute(text("UPDATE password SET hash = :hash"), {"hash": hashed})
            db.rollback()


def test_a_link_sets_a_password_once_and_signs_nobody_in(db: Session, somebody: Somebody, mailbox: Mailbox) -> None:
    ana = somebody("Ana Lima", "advocate")
    people.add_email(db, ana.id, "ana@second.example", by=SYSTEM, verified=True)
    people.add_email(db, ana.id, "ana@unproved.example", by=SYSTEM)
    sign_in.ask(db, ANA, "b" * 43, purpose=Purpose.PASSWORD)
    db.commit()
    mailbox.deliver()
    assert "Set your password" in mailbox.texts()[-1] or "Choose a password" in mailbox.texts()[-1]
    token = mailbox.link("password").rpartition("/")[2]
    with pytest.raises(Gone):
        passwords.set_by_link(db, token, "c" * 43, GOOD)
    with pytest.raises(Invalid):
        passwords.set_by_link(db, token, "b" * 43, "too short")
    db.rollback()
    before = len(mailbox.texts())
    passwords.set_by_link(db, token, "b" * 43, GOOD)
    db.commit()
    assert sessions_of(db, ana) == 0
    with pytest.raises(Gone):
        passwords.set_by_link(db, token, "b" * 43, OTHER)
    db.rollback()
    mailbox.deliver()
    assert len(mailbox.texts()) == before + 2, "each confirmed address is told, and no other"
    assert passwords.by_password(db, ANA, GOOD) == passwords.by_password(db, "ANA@second.example", GOOD) == ana.id


def test_a_link_for_one_purpose_opens_nothing_for_the_other(db: Session, somebody: Somebody, mailbox: Mailbox) -> None:
    somebody("Ana Lima", "advocate")
    tokens_of = {}
    for purpose, page in ((Purpose.SIGN_IN, "sign-in"), (Purpose.PASSWORD, "password")):
        sign_in.ask(db, ANA, "b" * 43, purpose=purpose)
        db.commit()
        mailbox.deliver()
        tokens_of[purpose] = mailbox.link(page).rpartition("/")[2]
    assert sign_in.look(db, tokens_of[Purpose.SIGN_IN], "b" * 43).here, "asking for the one does not end the other"
    codes = {which: sign_in.look(db, token, "x", purpose=which).code for which, token in tokens_of.items()}
    for purpose, foreign in ((Purpose.SIGN_IN, Purpose.PASSWORD), (Purpose.PASSWORD, Purpose.SIGN_IN)):
        with pytest.raises(Gone):
            sign_in.look(db, tokens_of[foreign], "b" * 43, purpose=purpose)
        with pytest.raises(Gone):
            sign_in.follow(db, tokens_of[foreign], "b" * 43, purpose=purpose)
        with pytest.raises(Invalid):
            sign_in.by_code(db, codes[foreign], "b" * 43, purpose=purpose)
    passwords.set_by_code(db, codes[Purpose.PASSWORD], "b" * 43, GOOD)
    with pytest.raises(Gone):
        sign_in.follow(db, tokens_of[Purpose.SIGN_IN], "b" * 43)


def test_who_may_not_come_in_gets_no_password(db: Session, somebody: Somebody, mailbox: Mailbox) -> None:
    somebody("Nobody Special")
    barred = somebody("Bad Bob", "advocate")
    people.suspend(db, barred.id, by=SYSTEM)
    for address in ("nobody.special@example.com", "bad.bob@example.com", "who@example.com"):
        sign_in.ask(db, address, "b" * 43, purpose=Purpose.PASSWORD)
    db.commit()
    mailbox.deliver()
    assert mailbox.texts() == []


def test_each_change_ends_sessions_and_links_and_a_new_hash_alone_does_not(
    app: Portal, db: Session, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, bea = somebody("Ana Lima", "advocate"), somebody("Bea Roth", "advocate")

    def settle() -> None:
        for person in (ana, bea):
            sessions.start(db, person.id, hash_token(f"{person.id} {time.monotonic_ns()}"), "test")
        sign_in.ask(db, ANA, "b" * 43)
        link = db.scalars(select(SignInLink).order_by(SignInLink.id.desc()).limit(1)).one()
        link.person_id = ana.id
        db.commit()

    def left() -> tuple[int, int]:
        still = select(SignInLink.id).where(SignInLink.used_at.is_(None), SignInLink.ended_at.is_(None))
        return sessions_of(db, ana), len(db.scalars(still).all())

    for password in (GOOD, OTHER):
        settle()
        set_for(db, ana, password)
        assert left() == (0, 0)
        monkeypatch.setattr(throttle, "hit", lambda *_given: None)
    settle()
    began = db.scalars(select(LoginSession.id).where(LoginSession.person_id == ana.id)).first()
    monkeypatch.setitem(app.config, "PORTAL", app.config["PORTAL"].model_copy(update={"password_passes": 3}))
    assert passwords.by_password(db, ANA, OTHER) == ana.id
    db.commit()
    assert stored(db, ana).startswith("$argon2id$v=19$m=19456,t=3,p=1$")
    assert left() == (1, 1)
    assert passwords.remove(db, by=actor(ana), session_id=began or 0)
    db.commit()
    assert left() == (0, 0)
    assert sessions_of(db, bea) == 3, "nobody else is signed out"
    with pytest.raises(Invalid):
        passwords.by_password(db, ANA, OTHER)


def test_only_whoever_signed_in_a_moment_ago_changes_it(db: Session, somebody: Somebody) -> None:
    ana = somebody("Ana Lima", "advocate")
    began = sessions.start(db, ana.id, hash_token("old"), "test").id
    db.execute(text("UPDATE login_session SET created_at = created_at - interval '10 minutes'"))
    db.commit()
    with pytest.raises(NotAllowed, match="last 10 minutes"):
        passwords.change(db, GOOD, by=actor(ana), session_id=began)
    with pytest.raises(NotAllowed):
        passwords.remove(db, by=actor(ana), session_id=began)
    db.execute(text("UPDATE login_session SET created_at = created_at + interval '10 seconds'"))
    passwords.change(db, GOOD, by=actor(ana), session_id=began)
    db.commit()


def test_ten_failed_tries_are_enough_and_those_that_go_well_do_not_count(db: Session, somebody: Somebody) -> None:
    ana = somebody("Ana Lima", "advocate")
    set_for(db, ana)
    for _try in range(12):
        assert passwords.by_password(db, ANA, GOOD, ip="203.0.113.5") == ana.id
    answers = [_tried(db, address, f"2001:db8::{n}") for n in range(11) for address in (ANA, "who@example.com")]
    assert answers == [Invalid] * 10 + [TooManyTries] * 12, "by network, an address of IPv6 is its /64"
    for number in range(9):
        assert _tried(db, "who@example.com", f"198.51.100.{number}") in {Invalid, TooManyTries}
    assert _tried(db, "who@example.com", "198.51.100.77") is TooManyTries, "by address, from wherever"
    sign_in.ask(db, ANA, "b" * 43)


def _tried(db: Session, address: str, ip: str) -> type[Refusal] | None:
    try:
        passwords.by_password(db, address, "not the right one", ip=ip)
    except Refusal as refusal:
        return type(refusal)
    return None


def test_no_more_hashes_at_once_than_processors(app: Portal, db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    class Slow:
        memory_cost, time_cost = 19456, 2

        def verify(self, *_given: Any) -> bool:
            nonlocal at_once, most
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.02)
            with lock:
                at_once -= 1
            return True

    monkeypatch.setattr(hashing, "_hasher", Slow)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    answers = together(app, lambda: hashing.fits("x", "y"))
    assert answers == [True] * 8
    assert most == 2, "four processors, two web processes"
    monkeypatch.setattr(hashing, "_PATIENCE", 0.001)
    assert "TooManyTries" in together(app, lambda: hashing.fits("x", "y"))


@pytest.mark.race
def test_a_password_that_is_replaced_lets_nobody_in_afterwards(app: Portal, db: Session, somebody: Somebody) -> None:
    ana = somebody("Ana Lima", "advocate")
    set_for(db, ana)
    began, ana_id, by = sessions.start(db, ana.id, hash_token("here"), "test").id, ana.id, actor(ana)
    db.commit()
    turns = iter(range(8))

    def work() -> str:
        turn = next(turns)
        if turn == 3:
            run(lambda session: passwords.change(session, OTHER, by=by, session_id=began))
            return "changed"

        def enter(session: Session) -> str:
            who = passwords.by_password(session, ANA, GOOD, ip=f"198.51.100.{turn}")
            sessions.start(session, who, hash_token(f"turn {turn}"), "test")
            return "in"

        return run(enter)

    answers = together(app, work)
    assert answers.count("changed") == 1
    assert set(answers) <= {"changed", "in", "Invalid"}
    db.rollback()
    assert sessions_of(db, ana) == 0, "whoever came in with the former one was signed out, or refused"
    assert passwords.by_password(db, ANA, OTHER) == ana_id


def test_what_is_replaced_while_it_is_compared_lets_nobody_in(
    app: Portal, db: Session, somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = somebody("Ana Lima", "advocate")
    set_for(db, ana)
    began, by = sessions.start(db, ana.id, hash_token("here"), "test").id, actor(ana)
    db.commit()
    compare = hashing.fits

    def replace() -> None:
        with app.app_context():
            run(lambda session: passwords.change(session, OTHER, by=by, session_id=began))

    def slowly(stored: str | None, typed: str) -> bool:
        right = compare(stored, typed)
        somebody_else = threading.Thread(target=replace)
        somebody_else.start()
        somebody_else.join()
        return right

    monkeypatch.setattr(hashing, "fits", slowly)
    with pytest.raises(Invalid):
        passwords.by_password(db, ANA, GOOD)
    monkeypatch.setattr(hashing, "fits", compare)
    assert passwords.by_password(db, ANA, OTHER) == by.person_id


@pytest.mark.race
def test_a_link_sets_one_password(app: Portal, db: Session, somebody: Somebody, mailbox: Mailbox) -> None:
    ana = somebody("Ana Lima", "advocate")
    sign_in.ask(db, ANA, "b" * 43, purpose=Purpose.PASSWORD)
    db.commit()
    mailbox.deliver()
    token = mailbox.link("password").rpartition("/")[2]
    turns = iter(range(8))

    def work() -> str:
        word = f"{GOOD} {next(turns)}"
        run(lambda session: passwords.set_by_link(session, token, "b" * 43, word))
        return word

    answers = together(app, work)
    assert answers.count("Gone") == 7
    db.rollback()
    (kept,) = [answer for answer in answers if answer != "Gone"]
    assert passwords.by_password(db, ANA, kept) == ana.id
