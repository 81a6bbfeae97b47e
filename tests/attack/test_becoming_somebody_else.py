"""Ways to become somebody else, or more than one is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from portal.access import invitations, nominations, terms, throttle
from portal.access.models import Invitation
from portal.audit import SYSTEM
from portal.database.refusal import Gone, NotAllowed
from portal.people import people
from portal.people.models import Person
from portal.people.states import Role
from tests.access.conftest import actor

Somebody = Callable[..., Person]


def _accept(db: Session, invitation: Invitation) -> Person:
    token = invitations.path_of(invitation).rsplit("/", maxsplit=1)[-1]
    return invitations.accept(db, token, terms_versions={version.id for version in terms.in_force(db)})


@pytest.mark.parametrize("role", ["admin", "manager", "advocate"])
def test_no_manager_becomes_somebody_by_inviting_them_to_their_own_mailbox(
    db: Session, somebody: Somebody, role: str
) -> None:
    victim, mia = somebody("Otto Berg", role), somebody("Mia Roth", "manager")
    by = actor(mia, "manager")
    offered = Role.SALES if role == "advocate" else Role.ADVOCATE
    people.add_email(db, victim.id, "mia.elsewhere@example.com", by=by)
    with pytest.raises(NotAllowed, match="another address"):
        invitations.invite(db, victim.id, "mia.elsewhere@example.com", offered, by=by)
    invitations.invite(db, victim.id, "OTTO.BERG@example.com", offered, by=by)
    root = somebody("Root Olsen", "admin")
    invitations.invite(db, victim.id, "mia.elsewhere@example.com", offered, by=actor(root, "admin"))
    db.commit()


def test_nor_by_inviting_an_administrator_who_has_not_come_in_yet(db: Session, somebody: Somebody) -> None:
    mia = somebody("Mia Roth", "manager")
    made = people.add_person(db, "Nora Falk", by=SYSTEM, email="nora@example.com", roles=["admin"])
    with pytest.raises(NotAllowed):
        invitations.invite(db, made.id, "mia.elsewhere@example.com", Role.ADVOCATE, by=actor(mia, "manager"))
    invited = people.add_person(db, "Ola Dahl", by=SYSTEM, email="ola@example.com")
    invitations.invite(db, invited.id, "ola@example.com", Role.ADMIN, by=SYSTEM)
    with pytest.raises(NotAllowed):
        invitations.invite(db, invited.id, "mia.elsewhere@example.com", Role.ADVOCATE, by=actor(mia, "manager"))
    db.rollback()


def test_no_manager_makes_themselves_an_advocate(db: Session, somebody: Somebody) -> None:
    mia, kim = somebody("Mia Roth", "manager"), somebody("Kim Sand", "manager")
    by = actor(mia, "manager")
    with pytest.raises(NotAllowed, match="invite you"):
        invitations.invite(db, mia.id, "mia.roth@example.com", Role.ADVOCATE, by=by)
    own = nominations.nominate(db, name="Mia Roth", address="mia.roth@example.com", reason="I am good.", by=by)
    db.commit()
    with pytest.raises(NotAllowed, match="about you"):
        nominations.approve(db, own.id, by=by)
    db.rollback()
    nominations.approve(db, own.id, by=actor(kim, "manager"))
    db.commit()


def test_a_role_that_was_taken_does_not_come_back_by_an_older_invitation(db: Session, somebody: Somebody) -> None:
    root = actor(somebody("Root Olsen", "admin"), "admin")
    person = people.add_person(db, "Tom Reyes", by=root, email="tom@example.com", roles=["sales"])
    sales = invitations.invite(db, person.id, "tom@example.com", Role.SALES, by=root)
    other = invitations.invite(db, person.id, "tom@example.com", Role.ADVOCATE, by=root)
    people.revoke_role(db, person.id, Role.SALES, by=root)
    db.commit()
    with pytest.raises(Gone):
        _accept(db, sales)
    assert people.roles_of(db, _accept(db, other).id) == {Role.ADVOCATE}
    db.commit()


def test_addresses_of_ipv4_are_counted_one_by_one_also_where_the_socket_is_ipv6() -> None:
    assert throttle.network("::ffff:203.0.113.9") == throttle.network("203.0.113.9") == "203.0.113.9"
    assert throttle.network("2001:db8:1:2::9") == throttle.network("2001:db8:1:2:ffff::1")
