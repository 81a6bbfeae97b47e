"""What leaves guarded comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.imports.formulas import guard, unguard


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1"])
def test_what_a_spreadsheet_would_run_is_guarded(text):
    assert guard(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Acme", "'Tis", "''x", "a=b", " x", "3-4", "'"])
def test_everything_else_stays_as_it_is_both_ways(text):
    assert guard(text) == unguard(text) == text


@given(st.text(alphabet="'=+-@\t\r\nax ", max_size=8))
def test_taking_the_guard_off_gives_back_every_text(text):
    assert unguard(guard(text)) == text
    assert guard(text)[:1] not in tuple("=+-@\t\r\n")
