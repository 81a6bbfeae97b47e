"""What the documents say is true of the code: tables, settings, commands, links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.cli import portal as commands
from portal.database import Base
from portal.settings import Settings
from portal.web.app import Portal

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
OF_NOBODY = {
    *("activity_type", "challenge_edition", "company", "level", "notice", "pool_facet"),
    *("product", "program", "reward", "stage", "terms_version"),
}
"""Tables that hold nothing about a person."""
OF_THE_QUEUE = {"procrastinate_jobs"}


def _rows(document: Path) -> list[list[str]]:
    """The rows of a document's tables, as cells."""
    lines = [line for line in document.read_text().splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_privacy_document_names_every_table_that_holds_something_about_a_person(app: Portal) -> None:
    cells = [row[1] for row in _rows(ROOT / "docs" / "privacy.md")]
    named = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert named - OF_THE_QUEUE == set(Base.metadata.tables) - OF_NOBODY


def test_tables_of_nobody_point_at_nobody(app: Portal) -> None:
    for name in OF_NOBODY:
        targets = {key.column.table.name for key in Base.metadata.tables[name].foreign_keys}
        assert "person" not in targets, name


def test_the_readme_names_every_setting_with_its_default() -> None:
    told = {row[0].strip("`"): row[1].strip("`") for row in _rows(ROOT / "README.md") if row[0].startswith("`")}
    for field in Settings.model_fields.values():
        shown = {None: "none", "[]": "none", "False": "off"}
        default = str(field.default) if field.default is not None else None
        assert told[str(field.validation_alias)] == shown.get(default, default)


def test_the_readme_names_every_command() -> None:
    told = {name for row in _rows(ROOT / "README.md") for name in re.findall(r"`portal ([a-z-]+)", row[0])}
    assert told == set(commands.commands)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_links_between_files_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(file.name[:4]) for file in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_rules_that_the_code_names_are_written_down() -> None:
    """`trust.md` is docs/trust.md; nothing is named that a reader cannot open."""
    sources = [path for face in ("portal", "admin", "migrations") for path in (ROOT / face).rglob("*.py")]
    text = "\n".join(path.read_text() for path in sources)
    assert set(re.findall(r"[\w-]+\.md\b", text)) <= {path.name for path in DOCUMENTS}
    rules = (ROOT / "docs" / "trust.md").read_text().lower()
    for named in re.findall(r"trust\.md ((?:L\d(?:, | to )?)+)", text):
        assert all(f"**{rule.lower()}**" in rules for rule in re.findall(r"L\d", named)), named
    for named in re.findall(r"trust\.md, ([\w ]+)", text):
        assert all(word.strip() in rules for word in named.lower().split(" and ")), named
