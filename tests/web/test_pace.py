"""Searches are counted a person: a script that hammers them is slowed, everybody else is not (security.md 17)."""

from __future__ import annotations

import pytest

from portal.web.pace import Pace
from tests.authorisation.stand import Stand


def test_the_window_slides_and_everybody_has_their_own() -> None:
    pace = Pace(per_second=5)
    assert all(pace.allows(1, at=0.1 * number) for number in range(50))
    assert not pace.allows(1, at=5.0)
    assert pace.allows(2, at=5.0)
    assert not pace.allows(1, at=9.9)
    assert pace.allows(1, at=10.05), "the first one lies behind by now"
    assert not pace.allows(1, at=10.06)


def test_who_has_not_searched_for_long_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.web.pace._MOST_PEOPLE", 10)
    pace = Pace(per_second=1)
    for person in range(11):
        assert pace.allows(person, at=0.0)
    assert pace.allows(99, at=20.0)
    assert list(pace._tries) == [99]


def test_searches_beyond_the_pace_are_refused_with_a_sentence_and_pages_are_not(stand: Stand) -> None:
    app = stand.another(searches_per_second=1)
    for path, who in (("/sales/find?text=rollout", "sales"), ("/sales?q=x", "admin"), ("/admin/people?q=x", "manager")):
        answers = [stand.send("GET", path, who, app=app) for _search in range(11)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429], path
        assert answers[-1].headers["Retry-After"] == "1"
        assert "many searches in a few seconds" in answers[-1].text
        assert (
            stand.send("GET", path.partition("?")[0] if "find" not in path else "/sales", who, app=app).status_code
            == 200
        )
    stand.another()
