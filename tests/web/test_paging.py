"""A cursor that no page of ours gave gets a sentence, never reaches the database."""

from datetime import datetime
from uuid import UUID, uuid4

import pytest

from portal.database.refusal import Invalid
from portal.web.paging import cursor_of, encode, page_of

MOMENT = "2026-11-23T10:00:00+00:00"
SOME = str(uuid4())


@pytest.mark.parametrize(
    ("kinds", "cursor"),
    [
        ((int,), (7,)),
        ((datetime, int), (MOMENT, 7)),
        ((str, UUID), ("a name", SOME)),
        ((int, object, UUID), (4, None, SOME)),
        ((int, object, UUID), (4, MOMENT, SOME)),
    ],
)
def test_a_cursor_comes_back_as_it_was_given(app, kinds, cursor):
    with app.test_request_context("/", query_string={"after": encode(cursor)}):
        assert cursor_of(*kinds) == cursor


@pytest.mark.parametrize(
    ("kinds", "raw"),
    [
        ((int,), encode(("7",))),
        ((int,), encode((True,))),
        ((int,), encode((2**63,))),
        ((int,), encode((7.5,))),
        ((int,), encode((7, 8))),
        ((int, int), encode((7,))),
        ((datetime,), encode(("yesterday",))),
        ((UUID,), encode(("x",))),
        ((str,), encode((None,))),
        ((int,), encode(({"a": 1},))),
        ((int,), "%%%"),
        ((int,), "bm9wZQ"),
        ((int,), encode([])),
        ((int,), "eyJhIjoxfQ"),
    ],
)
def test_a_forged_cursor_is_refused(app, kinds, raw):
    with app.test_request_context("/", query_string={"after": raw}), pytest.raises(Invalid):
        cursor_of(*kinds)


def test_a_page_knows_whether_there_are_more():
    assert page_of([1, 2, 3], 2, lambda row: (row,)).after == (2,)
    assert page_of([1, 2], 2, lambda row: (row,)).after is None
