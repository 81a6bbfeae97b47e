"""Which consent an ask needs."""

from __future__ import annotations

import pytest

from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY, SCOPES, known_scopes, scope_for
from portal.database.refusal import Invalid


@pytest.mark.parametrize(
    ("own", "theirs", "scope"),
    [
        ("Logistics", "Logistics", SAME_INDUSTRY),
        ("Logistics", " logistics ", SAME_INDUSTRY),
        ("Logistics", "Retail", OTHER_INDUSTRIES),
        (None, "Retail", OTHER_INDUSTRIES),
        ("Logistics", None, OTHER_INDUSTRIES),
        (None, None, OTHER_INDUSTRIES),
        ("", "", OTHER_INDUSTRIES),
    ],
)
def test_the_audience_follows_from_the_two_industries(own: str | None, theirs: str | None, scope: str) -> None:
    assert scope_for("reference_call", own, theirs) == scope


def test_an_activity_without_a_scope_is_refused() -> None:
    with pytest.raises(Invalid):
        scope_for("survey", "Logistics", "Retail")


def test_scopes_come_once_and_in_reading_order() -> None:
    assert known_scopes([OTHER_INDUSTRIES, SAME_INDUSTRY, OTHER_INDUSTRIES]) == list(SCOPES)[:2]
    assert [scope.activity for scope in SCOPES.values()][:2] == ["reference_call"] * 2
