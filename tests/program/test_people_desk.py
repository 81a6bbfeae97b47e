"""The manager's screens of people and nominations, and the rep's form."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.access import invitations, sessions
from portal.access.models import Invitation, LoginSession, Nomination
from portal.audit import SYSTEM, Actor
from portal.people import people
from portal.people.models import Person, PersonEmail
from portal.people.states import Role
from portal.web.app import Portal
from portal.web.session import hash_token
from tests.browsing import Browser

NOBODY = "00000000-0000-4000-8000-000000000000"


class Desk(Browser):
    """Somebody's browser; every form is sent with the token of one page."""

    def send(self, path: str, **fields: str) -> TestResponse:
        return self.post(path, "/account", **fields)


@pytest.fixture
def browser(app: Portal, db: Session) -> Callable[..., Desk]:
    def of(*roles: str) -> Desk:
        name = f"{roles[0].title()} Person"
        person = people.add_person(db, name, by=SYSTEM, email=f"{roles[0]}@example.com", roles=roles, verified=True)
        return Desk(app, db, Actor(person.id, frozenset(roles)))

    return of


def ana_of(db: Session) -> Person:
    person = people.add_person(db, "Ana Lima", by=SYSTEM, email="ana@example.com")
    db.commit()
    return person


def test_a_manager_adds_invites_and_looks_after_somebody(db: Session, browser: Callable[..., Desk]) -> None:
    mia = browser("manager")
    added = mia.send("/admin/people/new", name="Ana Lima", email="ana@example.com", title="CTO", company_name="Acme")
    assert added.status_code == 303
    page = added.location
    assert "Acme" in mia.get(page).get_data(as_text=True)
    assert mia.send(f"{page}/emails", email="ana@home.example").status_code == 303
    assert mia.send(f"{page}/invitations", role="advocate", email="ana@example.com").status_code == 303
    shown = mia.get(page).get_data(as_text=True)
    assert "Send again" in shown
    invitation = db.scalars(select(Invitation)).one()
    assert mia.send(f"{page}/invitations/{invitation.public_id}/resend").status_code == 303
    newest = db.scalars(select(Invitation).order_by(Invitation.id.desc())).first()
    assert newest
    assert mia.send(f"{page}/invitations/{newest.public_id}/withdraw").status_code == 303
    assert mia.send(f"{page}/roles", role="advocate").status_code == 303
    assert mia.send(f"{page}/roles/revocations", role="advocate").status_code == 303
    assert mia.send(f"{page}/suspension").status_code == 303
    assert "Suspended" in mia.get(page).get_data(as_text=True)
    assert mia.send(f"{page}/suspension/end").status_code == 303
    assert mia.send(f"{page}/sessions/end").status_code == 303
    assert len(db.scalars(select(PersonEmail.address).where(PersonEmail.address.like("ana%"))).all()) == 2


@pytest.mark.parametrize(
    ("path", "fields", "status", "words"),
    [
        ("emails", {"email": "nonsense"}, 422, "does not look like"),
        ("emails", {"email": "manager@example.com"}, 409, "already belongs"),
        ("roles", {"role": "admin"}, 403, ""),
        ("roles", {"role": "emperor"}, 422, "emperor"),
        ("invitations", {"role": "admin", "email": "ana@example.com"}, 403, ""),
        ("invitations", {"role": "advocate", "email": ""}, 422, "Please type"),
        ("suspension", {"extra": "1"}, 422, "not known here"),
    ],
)
def test_what_is_refused_is_said_and_changes_nothing(
    db: Session, browser: Callable[..., Desk], path: str, fields: dict[str, str], status: int, words: str
) -> None:
    mia, ana = browser("manager"), ana_of(db)
    answer = mia.send(f"/admin/people/{ana.public_id}/{path}", **fields)
    assert answer.status_code == status
    assert words == "emperor" or words in answer.get_data(as_text=True)
    assert people.roles_of(db, ana.id) == frozenset()
    assert db.scalars(select(Invitation)).all() == []


def test_foreign_and_missing_things_look_the_same(db: Session, browser: Callable[..., Desk]) -> None:
    mia, ana = browser("manager"), ana_of(db)
    other = people.add_person(db, "Bea", by=SYSTEM)
    invitation = invitations.invite(db, other.id, "bea@example.com", Role.ADVOCATE, by=SYSTEM)
    db.commit()
    for path in (
        f"/admin/people/{NOBODY}/suspension",
        f"/admin/people/{ana.public_id}/invitations/{invitation.public_id}/withdraw",
        f"/admin/people/{ana.public_id}/invitations/{NOBODY}/resend",
        f"/admin/nominations/{NOBODY}/decision",
    ):
        assert mia.send(path, **({"decision": "approve"} if "nominations" in path else {})).status_code == 404
    for path in (f"/admin/people/{NOBODY}", f"/admin/nominations/{NOBODY}"):
        assert mia.get(path).status_code == 404


def test_the_list_finds_by_words_role_and_status_and_costs_the_same_for_fifty(
    db: Session, browser: Callable[..., Desk], count_queries: Callable[..., int]
) -> None:
    mia = browser("manager")
    ana_of(db)
    mia.get("/admin/people")
    one = count_queries(lambda: mia.get("/admin/people"))
    company = people.add_company(db, "100% Wool_", by=SYSTEM)
    for number in range(60):
        people.add_person(db, f"Person {number:02}", by=SYSTEM, company_id=company.id, roles=["advocate"])
    db.commit()
    mia.get("/admin/people")  # what the process keeps for seconds is asked anew before both counts
    assert count_queries(lambda: mia.get("/admin/people")) == one
    first = mia.get("/admin/people?role=advocate").get_data(as_text=True)
    assert first.count('class="list-row"') == 50
    following = re.search(r'href="(/admin/people\?[^"]*after=[^"]+)"', first)
    assert following
    rest = mia.get(following.group(1).replace("&amp;", "&")).get_data(as_text=True)
    assert rest.count('class="list-row"') == 10
    assert "Ana Lima" in mia.get("/admin/people?q=ANA@exam").get_data(as_text=True)
    assert mia.get("/admin/people?q=100%25+wool_&status=active").get_data(as_text=True).count('class="list-row"') == 50
    assert "Nobody matches" in mia.get("/admin/people?q=%25%25").get_data(as_text=True)
    assert mia.get("/admin/people?role=king&status=dead").status_code == 200
    assert mia.get("/admin/people?after=rubbish").status_code == 422


def test_a_rep_nominates_and_a_manager_decides(
    db: Session, browser: Callable[..., Desk], count_queries: Callable[..., int]
) -> None:
    tom, mia = browser("sales"), browser("manager")
    form = {"name": "Kim Ray", "email": "kim@acme.example", "title": "", "company_name": "Acme", "reason": "Loves it."}
    kept = tom.send("/sales/nominate", **{**form, "email": "kim"})
    assert kept.status_code == 422
    assert "Loves it." in kept.get_data(as_text=True)
    assert tom.send("/sales/nominate", **form).status_code == 303
    assert "Kim Ray" in tom.get("/sales/nominate").get_data(as_text=True)
    assert tom.send("/sales/nominate", **form).status_code == 409
    mia.get("/admin/nominations")
    one = count_queries(lambda: mia.get("/admin/nominations"))
    for number in range(30):
        assert mia.send("/admin/nominations/new", **{**form, "email": f"x{number}@acme.example"}).status_code == 303
    mia.get("/admin/nominations")
    assert count_queries(lambda: mia.get("/admin/nominations")) == one
    kim = db.scalars(select(Nomination).where(Nomination.address == "kim@acme.example")).one()
    page = f"/admin/nominations/{kim.public_id}"
    assert "Loves it." in mia.get(page).get_data(as_text=True)
    assert tom.get(page).status_code in {403, 404}
    assert mia.send(f"{page}/decision", decision="decline", note="").status_code == 422
    assert mia.send(f"{page}/decision", decision="perhaps", note="").status_code == 422
    assert mia.send(f"{page}/decision", decision="approve", note="").status_code == 303
    assert mia.send(f"{page}/decision", decision="decline", note="No").status_code == 409
    assert "Kim Ray" in mia.get("/admin/nominations?state=decided").get_data(as_text=True)
    assert db.scalars(select(Invitation.address)).all() == ["kim@acme.example"]
    assert mia.send("/admin/nominations/new", **{**form, "reason": ""}).status_code == 422


@pytest.mark.parametrize("path", ["/admin/people", "/admin/people/new", "/admin/nominations", "/admin/nominations/new"])
def test_the_desk_is_for_managers(db: Session, browser: Callable[..., Desk], app: Portal, path: str) -> None:
    assert browser("admin").get(path).status_code == 200
    for role in ("advocate", "sales"):
        assert browser(role).get(path).status_code == 403
    assert app.test_client().get(path).status_code == 303


def test_one_session_of_somebody_is_ended_and_the_others_live_on(db: Session, browser: Callable[..., Desk]) -> None:
    mia, ana = browser("manager"), browser("advocate")
    person = db.scalars(select(Person).where(Person.name == "Advocate Person")).one()
    lost = sessions.start(db, person.id, hash_token("the lost phone"), "Mobile Firefox/140.0 Android")
    db.commit()
    page = f"/admin/people/{person.public_id}"
    shown = mia.get(page).get_data(as_text=True)
    assert "in 2 browsers" in shown
    assert "Firefox on Android" in shown
    assert mia.send(f"{page}/sessions/{lost.public_id}/end").status_code == 303
    assert mia.send(f"{page}/sessions/{lost.public_id}/end").status_code == 404
    assert ana.get("/account").status_code == 200
    assert "in 1 browser" in mia.get(page).get_data(as_text=True)


def test_managers_do_not_sign_out_those_who_look_after_them(db: Session, browser: Callable[..., Desk]) -> None:
    mia, boss = browser("manager"), browser("admin")
    admin = db.scalars(select(Person).where(Person.name == "Admin Person")).one()
    manager = db.scalars(select(Person).where(Person.name == "Manager Person")).one()
    session = db.scalars(select(LoginSession).where(LoginSession.person_id == admin.id)).one()
    for path in ("sessions/end", f"sessions/{session.public_id}/end"):
        assert mia.send(f"/admin/people/{admin.public_id}/{path}").status_code == 403
    assert boss.get("/account").status_code == 200
    assert boss.send(f"/admin/people/{manager.public_id}/sessions/end").status_code == 303
    assert mia.get("/account").status_code == 303


def test_ending_sessions_signs_out_at_once(db: Session, browser: Callable[..., Desk]) -> None:
    mia, ana = browser("manager"), browser("advocate")
    person = db.scalars(select(Person).where(Person.name == "Advocate Person")).one()
    assert mia.send(f"/admin/people/{person.public_id}/sessions/end").status_code == 303
    assert ana.get("/account").status_code == 303
    assert len(db.scalars(select(LoginSession)).all()) == 1
    assert mia.get("/messages").status_code == 200
    assert mia.send("/messages/read").status_code == 303
