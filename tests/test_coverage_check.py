"""The check of what the tests have run can fail."""

from __future__ import annotations

from typing import Any

import pytest

from tests import coverage_check
from tests.coverage_check import SLICES, too_low


def report(**changes: int) -> dict[str, Any]:
    """What coverage says of a file in each slice, all of which was run; `changes` are those of points."""
    whole = {"num_statements": 200, "covered_lines": 200, "num_branches": 40, "covered_branches": 40}
    files = {f"portal/{name}/verbs.py": {"summary": dict(whole)} for name in SLICES}
    files["portal/points/verbs.py"]["summary"] |= changes
    files["portal/web/app.py"] = {"summary": dict.fromkeys(whole, 0)}
    return {"files": files}


def test_where_all_was_run_nothing_is_said() -> None:
    assert too_low(report()) == []
    assert too_low(report(covered_branches=38, covered_lines=190)) == []


@pytest.mark.parametrize("change", [{"covered_branches": 37}, {"covered_lines": 189}, {"num_branches": 0}])
def test_one_slice_below_is_named_though_the_others_make_up_for_it(change: dict[str, int]) -> None:
    assert [sentence.partition(":")[0] for sentence in too_low(report(**change))] == ["portal/points"]


def test_a_slice_that_was_not_measured_is_below() -> None:
    found = report()
    del found["files"]["portal/consent/verbs.py"]
    assert [sentence.partition(":")[0] for sentence in too_low(found)] == ["portal/consent"]


def test_the_check_ends_with_1_where_nothing_was_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    monkeypatch.setenv("COVERAGE_FILE", str(tmp_path / "none"))
    assert coverage_check.main() == 1
    assert "nothing was measured" in capsys.readouterr().out
    monkeypatch.setattr(coverage_check, "measured", lambda: report(covered_branches=10))
    assert coverage_check.main() == 1
    assert "25.0 % of branches" in capsys.readouterr().out
    monkeypatch.setattr(coverage_check, "measured", report)
    assert coverage_check.main() == 0
