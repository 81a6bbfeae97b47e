"""Invitations that nobody took up, and what became of nominations: for managers, and for who nominated."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from portal.access import invitations, nominations, terms
from portal.access.models import Invitation, Nomination
from portal.audit import SYSTEM, Actor
from portal.database.refusal import Gone
from portal.people import people
from portal.people.models import Person
from portal.people.states import Role
from portal.web.app import Portal
from tests.browsing import Browser

INVITE: Final = "/admin/people/invitations/new"


class Desk(Browser):
    """Somebody's browser, and who they are."""

    def __init__(self, app: Portal, db: Session, who: Actor) -> None:
        super().__init__(app, db, who)
        self.actor = who


@pytest.fixture
def desk(app: Portal, db: Session) -> Callable[..., Desk]:
    def of(name: str, role: str) -> Desk:
        person = people.add_person(db, name, by=SYSTEM, roles=[role])
        return Desk(app, db, Actor(person.id, frozenset({role})))

    return of


def invited(db: Session, name: str, *, days_ago: int = 0) -> Invitation:
    person = people.add_person(db, name, by=SYSTEM)
    made = invitations.invite(db, person.id, f"{name.lower()}@acme.example", Role.ADVOCATE, by=SYSTEM)
    ago = text(f"interval '{days_ago} days'")
    then = {"created_at": Invitation.created_at - ago, "expires_at": Invitation.expires_at - ago}
    db.execute(update(Invitation).where(Invitation.id == made.id).values(**then))
    db.commit()
    return made


def test_invitations_that_ran_out_are_listed_and_sent_again(db: Session, desk: Callable[..., Desk]) -> None:
    mia = desk("Mia Novak", "manager")
    old, _fresh, _done = invited(db, "Ana", days_ago=20), invited(db, "Bea"), invited(db, "Cleo", days_ago=30)
    invitations.withdraw(db, _done.id, by=SYSTEM)
    dead = invitations.path_of(old).rpartition("/")[2]
    db.commit()
    run_out, waiting = mia.get("/admin/people/invitations").text, mia.get("/admin/people/invitations?show=open").text
    assert [("ana@" in page, "bea@" in page, "cleo@" in page) for page in (run_out, waiting)] == [
        (True, False, False),
        (False, True, False),
    ]
    assert "Run out" in mia.get(f"/admin/people/{db.get_one(Person, old.person_id).public_id}").text
    path = f"/admin/people/invitations/{old.public_id}/resend"
    assert mia.post(path, "/admin/people/invitations").status_code == 303
    second = mia.post(path, "/admin/people/invitations?show=open")
    assert (second.status_code, "A newer invitation was sent already" in second.text) == (409, True)
    assert "ana@" not in mia.get("/admin/people/invitations").text
    assert "ana@" in mia.get("/admin/people/invitations?show=open").text
    with pytest.raises(Gone):
        invitations.find(db, dead)
    newest = db.scalars(select(Invitation).where(Invitation.person_id == old.person_id, Invitation.id > old.id)).one()
    assert newest.created_by == mia.actor.person_id
    versions = {version.id for version in terms.in_force(db)}
    token = invitations.path_of(newest).rpartition("/")[2]
    assert invitations.accept(db, token, terms_versions=versions).name == "Ana"
    db.commit()
    assert (
        mia.post(
            f"/admin/people/invitations/{newest.public_id}/resend", "/admin/people/invitations?show=open"
        ).status_code
        == 409
    )


def test_the_list_is_paged_by_when_they_ran_out(
    db: Session, desk: Callable[..., Desk], count_queries: Callable[..., int]
) -> None:
    mia = desk("Mia Novak", "manager")
    invited(db, "P00", days_ago=15)
    mia.opens("/admin/people/invitations")
    one = count_queries(lambda: mia.get("/admin/people/invitations"))
    for number in range(1, 35):
        invited(db, f"P{number:02}", days_ago=15 + number % 5)
    assert count_queries(lambda: mia.get("/admin/people/invitations")) == one
    first = mia.get("/admin/people/invitations").text
    following = re.search(r'href="(/admin/people/invitations\?after=[^"]+)"', first)
    assert following
    rest = mia.get(following[1].replace("&amp;", "&")).text
    shown = [re.findall(r"p\d\d@acme", page) for page in (first, rest)]
    assert [len(page) for page in shown] == [30, 5]
    assert len({*shown[0], *shown[1]}) == 35
    assert mia.get("/admin/people/invitations?after=rubbish").status_code == 422


def test_a_suspended_person_and_who_is_in_meanwhile_are_not_invited_again(
    db: Session, desk: Callable[..., Desk]
) -> None:
    mia = desk("Mia Novak", "manager")
    old = invited(db, "Ana", days_ago=20)
    people.suspend(db, old.person_id, by=SYSTEM)
    db.commit()
    assert "ana@" not in mia.get("/admin/people/invitations").text
    refused = mia.post(f"/admin/people/invitations/{old.public_id}/resend", "/admin/people/invitations?show=open")
    assert (refused.status_code, "suspended" in refused.text) == (409, True)
    assert len(db.scalars(select(Invitation)).all()) == 1


def nominate(db: Session, by: Actor, reason: str = "She tells everybody.") -> Nomination:
    made = nominations.nominate(db, name="Kim Ray", address="kim@acme.example", reason=reason, by=by)
    db.commit()
    db.refresh(made)
    return made


def test_a_nomination_tells_who_why_when_and_what_followed(db: Session, desk: Callable[..., Desk]) -> None:
    tom, mia = desk("Tom Alvarez", "sales"), desk("Mia Novak", "manager")
    first = nominate(db, tom.actor, "He wrote to us.")
    nominations.decline(db, first.id, by=mia.actor, note="Their contract ends in May.")
    db.commit()
    second = nominate(db, tom.actor)
    nominations.approve(db, second.id, by=mia.actor, note="Now they renewed.")
    db.commit()
    db.execute(
        update(Invitation).values(
            created_at=text("now() + interval '1 second'"), expires_at=text("now() + interval '2 seconds'")
        )
    )
    db.commit()
    refused, told = (f"/sales/nominate/{one.public_id}" for one in (first, second))
    page = tom.get(refused).text
    for words in ("He wrote to us.", "by Tom Alvarez", "Not approved", "Their contract ends in May.", "by Mia Novak"):
        assert words in page
    page = tom.get(told).text
    for words in ("She tells everybody.", "Now they renewed.", "Invited", "You nominated them before"):
        assert words in page
    at_the_desk = mia.get(f"/admin/nominations/{second.public_id}").text
    for words in ("She tells everybody.", "Nominated before", "Not approved", "Now they renewed.", "See their page"):
        assert words in at_the_desk
    assert f"/sales/nominate/{first.public_id}" in tom.get("/sales/nominate").text


def test_what_became_of_the_invitation_is_told(db: Session, desk: Callable[..., Desk]) -> None:
    tom, mia = desk("Tom Alvarez", "sales"), desk("Mia Novak", "manager")
    made = nominate(db, tom.actor)
    nominations.approve(db, made.id, by=mia.actor)
    db.commit()
    path = f"/sales/nominate/{made.public_id}"
    assert "ran out" not in tom.get(path).text
    past = {"created_at": Invitation.created_at - text("interval '20 days'"), "expires_at": text("now()")}
    db.execute(update(Nomination).values(decided_at=Nomination.decided_at - text("interval '20 days'")))
    db.execute(update(Invitation).values(**past))
    db.commit()
    assert "The invitation ran out" in tom.get(path).text
    old = db.scalars(select(Invitation)).one()
    newer = invitations.resend(db, old.id, by=mia.actor)
    db.commit()
    versions = {version.id for version in terms.in_force(db)}
    token = invitations.path_of(newer).rpartition("/")[2]
    invitations.accept(db, token, terms_versions=versions)
    db.commit()
    page = tom.get(path).text
    assert page.index("Joined") < page.index("sent anew") < page.index("Nominated")


def test_nobody_sees_the_nominations_of_another_rep(db: Session, desk: Callable[..., Desk]) -> None:
    tom, ines, mia = desk("Tom Alvarez", "sales"), desk("Ines Carvalho", "sales"), desk("Mia Novak", "manager")
    first = nominate(db, tom.actor, "The reason of Tom.")
    nominations.decline(db, first.id, by=mia.actor, note="Not now.")
    db.commit()
    second = nominate(db, ines.actor, "The reason of Ines.")
    assert ines.get(f"/sales/nominate/{first.public_id}").status_code == 404
    own = ines.get(f"/sales/nominate/{second.public_id}").text
    assert "The reason of Ines." in own
    assert "Not now." not in own
    assert "The reason of Tom." not in mia.get(f"/sales/nominate/{second.public_id}").text
    assert mia.get(f"/sales/nominate/{second.public_id}").status_code == 404


def customer(db: Session, name: str, *, address: str | None = None, roles: tuple[str, ...] = ()) -> Person:
    firm = people.add_company(db, f"{name} Works", by=SYSTEM)
    person = people.add_person(db, name, by=SYSTEM, email=address, company_id=firm.id, roles=list(roles))
    db.commit()
    return person


def test_known_customers_are_invited_all_at_once_and_once(db: Session, desk: Callable[..., Desk]) -> None:
    mia = desk("Mia Novak", "manager")
    twenty = [customer(db, f"Customer {number:02}", address=f"c{number}@acme.example") for number in range(20)]
    colleague = customer(db, "Tom Colleague", address="tom@acme.example", roles=("sales",))
    unreachable = customer(db, "Uma Unreachable")
    waiting = customer(db, "Nora Nominated", address="nora@acme.example")
    nominations.nominate(
        db, name=waiting.name, address="Nora@acme.example", title="", reason="Likes us.", by=mia.actor,
        company_id=waiting.company_id,
    )  # fmt: skip
    db.commit()
    page = mia.get(INVITE).text
    offered = re.findall(r'name="invitees" value="([^"]+)" checked', page)
    assert offered == [str(one.public_id) for one in twenty]
    for sentence in ("19 people are invited by mail.", "19 had an open invitation before."):
        assert mia.post(INVITE, INVITE, invitees=[*offered[1:], str(unreachable.public_id)]).status_code == 303
        told = mia.get("/admin/people/invitations?show=open").text
        assert sentence in told
        assert "Uma Unreachable is not invited: No address is known." in told
    sent = db.scalars(select(Invitation.person_id).order_by(Invitation.id)).all()
    assert sent == [one.id for one in twenty[1:]]
    assert re.findall(r'name="invitees" value="([^"]+)"', mia.get(INVITE).text) == offered[:1]
    assert "Customer 00" in mia.get(f"{INVITE}?q=customer%2000").text
    assert "Nobody matches" in mia.get(f"{INVITE}?q=colleague").text
    assert mia.post(INVITE, INVITE, invitees=[str(colleague.public_id)]).status_code == 303  # one's own choice


def test_who_cannot_be_chosen_is_said(db: Session, desk: Callable[..., Desk]) -> None:
    mia, ana = desk("Mia Novak", "manager"), customer(db, "Ana", address="ana@acme.example")
    for chosen, status, sentence in (
        ([], 422, "Choose at least one person."),
        (["nobody"], 422, "Choose people of the list."),
        ([str(uuid4()), str(ana.public_id)], 404, ""),
        ([str(uuid4()) for _one in range(51)], 422, "Choose at most 50 people at a time."),
    ):
        answer = mia.post(INVITE, INVITE, invitees=chosen)
        assert (answer.status_code, sentence in answer.text) == (status, True), sentence
    assert db.scalars(select(Invitation)).all() == []
    assert desk("Tom Rep", "sales").get(INVITE).status_code == 403
