"""Ways in that are tried by many at once: one comes through."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from portal.access import invitations, nominations, rounds, sign_in, terms, throttle, tokens
from portal.access.models import Invitation, SignInLink
from portal.audit import SYSTEM, Actor
from portal.database import run
from portal.database.refusal import Gone, Refusal, TooManyTries
from portal.messages.models import Message
from portal.people import people
from portal.people.states import Role
from portal.web.app import Portal

WIDE = 8


def together(app: Portal, work: Callable[[], Any]) -> list[Any]:
    """What each of several threads got, all released at once; a refusal counts as an answer."""
    barrier, answers = threading.Barrier(WIDE), list[Any]()

    def one() -> None:
        with app.app_context():
            barrier.wait()
            try:
                answers.append(work())
            except Refusal as refusal:
                answers.append(type(refusal).__name__)

    threads = [threading.Thread(target=one) for _number in range(WIDE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.race
def test_a_link_lets_one_in(app: Portal, db: Session) -> None:
    ana = people.add_person(db, "Ana", by=SYSTEM, email="ana@example.com", roles=["advocate"], verified=True)
    sign_in.ask(db, "ana@example.com", "b" * 43)
    link = db.scalars(select(SignInLink)).one()
    sign_in.mail_link(db, link.id)
    token = tokens.again(tokens.SIGN_IN, link.seed, link.token_hash)
    assert token
    db.commit()
    ana_id = ana.id
    db.commit()
    answers = together(app, lambda: run(lambda session: sign_in.follow(session, token, "b" * 43).person_id))
    assert sorted(map(str, answers)) == sorted([str(ana_id), *["Gone"] * (WIDE - 1)])


@pytest.mark.race
def test_an_invitation_lets_one_in(app: Portal, db: Session) -> None:
    ana = people.add_person(db, "Ana", by=SYSTEM)
    invitation = invitations.invite(db, ana.id, "ana@example.com", Role.ADVOCATE, by=SYSTEM)
    token = invitations.path_of(invitation).rsplit("/", maxsplit=1)[-1]
    versions = {version.id for version in terms.in_force(db)}
    db.commit()
    answers = together(
        app, lambda: run(lambda session: invitations.accept(session, token, terms_versions=versions).id > 0)
    )
    assert sorted(map(str, answers)) == ["Gone"] * (WIDE - 1) + ["True"]


@pytest.mark.race
def test_an_invitation_that_ran_out_is_sent_again_once(app: Portal, db: Session) -> None:
    ana = people.add_person(db, "Ana", by=SYSTEM)
    managers = [
        Actor(people.add_person(db, name, by=SYSTEM, roles=["manager"]).id, frozenset({"manager"}))
        for name in ("Mia", "Max")
    ]
    old = invitations.invite(db, ana.id, "ana@example.com", Role.ADVOCATE, by=managers[0])
    db.execute(update(Invitation).values(created_at=text("now() - interval '15 days'"), expires_at=text("now()")))
    old_id, dead = old.id, invitations.path_of(old).rpartition("/")[2]
    db.commit()
    turns = iter(managers * (WIDE // 2))

    def work() -> str:
        by = next(turns)
        run(lambda session: invitations.resend(session, old_id, by=by).id)
        return "sent"

    assert sorted(together(app, work)) == ["Conflict"] * (WIDE - 1) + ["sent"]
    db.rollback()
    assert len(db.scalars(select(Invitation)).all()) == 2
    mails = select(Message).where(Message.kind == "access.invitation", Message.person_id == ana.id)
    assert len(db.scalars(mails).all()) == 2, "the first one and one new one"
    with pytest.raises(Gone):
        invitations.find(db, dead)


@pytest.mark.race
def test_a_nomination_approved_by_several_invites_once(app: Portal, db: Session) -> None:
    mia = people.add_person(db, "Mia", by=SYSTEM, roles=["manager"])
    by = Actor(mia.id, frozenset({"manager"}))
    made = nominations.nominate(db, name="Kim", address="kim@acme.example", reason="Good.", by=by)
    nomination_id = made.id
    db.commit()
    answers = together(app, lambda: run(lambda session: nominations.approve(session, nomination_id, by=by).id))
    assert answers == [nomination_id] * WIDE
    assert len(db.scalars(select(Invitation)).all()) == 1


@pytest.mark.race
def test_two_administrators_cannot_remove_each_other(app: Portal, db: Session) -> None:
    ids = [people.add_person(db, name, by=SYSTEM, roles=["admin"]).id for name in ("Ada", "Bob")]
    db.commit()
    turns = iter(ids * (WIDE // 2))

    def remove() -> None:
        who = next(turns)
        run(lambda session: people.revoke_role(session, who, "admin", by=SYSTEM))

    together(app, remove)
    assert [bool(people.roles_of(db, who)) for who in ids].count(True) == 1


@pytest.mark.race
def test_tries_are_counted_exactly(app: Portal, db: Session) -> None:
    answers = together(app, lambda: throttle.hit("race", 3, 3600))
    assert answers.count(None) == 3
    assert answers.count(TooManyTries.__name__) == WIDE - 3


@pytest.mark.race
def test_a_customer_of_a_round_is_invited_once(app: Portal, db: Session) -> None:
    mia = people.add_person(db, "Mia", by=SYSTEM, roles=["manager"])
    firm = people.add_company(db, "Acme", by=SYSTEM)
    ana = people.add_person(db, "Ana", by=SYSTEM, email="ana@example.com", company_id=firm.id)
    db.commit()
    chosen, by = [ana.public_id], Actor(mia.id, frozenset({"manager"}))
    db.commit()
    answers = together(app, lambda: run(lambda session: len(rounds.invite(session, chosen, by=by).invited)))
    assert sorted(answers) == [0] * (WIDE - 1) + [1]
    assert db.scalars(select(Invitation.person_id)).all() == [ana.id]
    assert db.scalars(select(Message.kind)).all() == ["access.invitation"]
