"""Imports as a person would start them, short: rows as text in, a report out, committed."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.imports import export as exports
from portal.imports import run as imports
from portal.imports.report import Report

Import = Callable[..., Report]


@pytest.fixture
def bring(db: Session) -> Import:
    """`bring("companies", "name\\nAcme\\n", skip_bad=True)`: import and commit; a refusal rolls back."""

    def bring(kind: str, content: str | bytes, **options: Any) -> Report:
        raw = content.encode() if isinstance(content, str) else content
        try:
            report = imports.run(db, kind, raw, by=SYSTEM, options=imports.Options(**options))
        except Exception:
            db.rollback()
            raise
        db.commit()
        return report

    return bring


@pytest.fixture
def take(db: Session) -> Callable[[str], str]:
    """`take("companies")`: the export as text."""

    def take(kind: str) -> str:
        out = io.StringIO()
        exports.run(db, kind, out.write, by=SYSTEM)
        db.commit()
        return out.getvalue()

    return take


@pytest.fixture(scope="session")
def crm() -> Path:
    """The folder of the real CRM files; without it the tests on them are skipped, with CI=true they fail."""
    root = Path(__file__).parents[2]
    folder = Path(os.environ.get("PORTAL_REAL_DATA", root / "../shared/data")).resolve() / "crm"
    if not (folder / "sales_pipeline.csv").exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"The real CRM files are missing in {folder}: set PORTAL_REAL_DATA.")
        pytest.skip("the real CRM files are not here (PORTAL_REAL_DATA)")
    return folder
