"""Statements that are kept as text: the values they always have are written out, the named ones stay open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import BigInteger, Select, Text, bindparam, cast, literal, select
from sqlalchemy.orm import Session

from portal.clock import PORTAL_NOW
from portal.database.prepared import Prepared, written_out
from portal.people.models import Person, PersonRole
from portal.people.states import Role
from tests.cast import make_advocate

_BY_ID = bindparam("person", type_=BigInteger)


@Prepared
def _roles() -> Select[Role, str]:
    held = PersonRole.role.in_((Role.ADVOCATE, Role.SALES))
    joined = select(PersonRole.role, Person.name).join(Person, Person.id == PersonRole.person_id)
    return joined.where(PersonRole.person_id == _BY_ID, held)


def test_rows_have_the_types_of_their_columns(db: Session) -> None:
    who = make_advocate(db, "Ana Martin")
    (row,) = _roles(db, person=who.id)
    assert row.role is Role.ADVOCATE
    assert row.name == "Ana Martin"


def test_what_was_not_flushed_yet_is_found(db: Session) -> None:
    who = make_advocate(db, "Ana Martin")
    db.get_one(Person, who.id).name = "Ana Costa"
    assert _roles(db, person=who.id)[0].name == "Ana Costa"


def test_nothing_is_flushed_where_the_session_was_told_not_to(db: Session) -> None:
    who = make_advocate(db, "Ana Martin")
    with db.no_autoflush:
        db.get_one(Person, who.id).name = "Ana Costa"
        assert _roles(db, person=who.id)[0].name == "Ana Martin"


def test_only_named_values_stay_open() -> None:
    statement = select(Person.id).where(Person.name == "it's 5 % :off", Person.id == _BY_ID)
    written = str(written_out(statement))
    assert "'it''s 5 % :off'" in written.replace("\\", "")
    assert written.count(":person") == 1


@pytest.mark.parametrize("words", ["a:b", ":person", "50 %", "%(person)s", "it's", "\\", "::text", "one two :x y"])
def test_words_inside_come_back_as_they_are(db: Session, words: str) -> None:
    same = Prepared(lambda: select(cast(literal(words), Text).label("words"), _BY_ID.label("number")))
    (row,) = same(db, person=7)
    assert (row.words, row.number) == (words, 7)


def test_a_span_of_time_is_written_out(db: Session) -> None:
    later = Prepared(lambda: select((PORTAL_NOW + timedelta(days=2) - PORTAL_NOW).label("span")))
    assert later(db)[0].span == timedelta(days=2)


def test_a_value_that_is_missing_is_refused(db: Session) -> None:
    with pytest.raises(Exception, match="person"):
        _roles(db)
