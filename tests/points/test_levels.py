"""Levels as managers set them: checks, what changes for how many, never in silence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit import Actor, AuditEntry
from portal.database.refusal import Conflict, Invalid, NotAllowed, NotFound
from portal.points import levels, recognition
from portal.points.levels import Effect, Unsaid
from portal.points.models import Level
from portal.web.app import Portal
from tests.browsing import Browser
from tests.cast import joins
from tests.conftest import Superuser
from tests.points.counting import cost
from tests.points.earning import earn, who


@pytest.fixture(autouse=True)
def seeded(superuser: Superuser) -> Iterator[None]:
    """The ladder of the migration, before and after."""
    superuser.plant("CREATE TEMP TABLE IF NOT EXISTS seeded_level AS TABLE level")
    yield
    superuser.plant("DELETE FROM level")
    superuser.plant("INSERT INTO level OVERRIDING SYSTEM VALUE SELECT * FROM seeded_level")


@pytest.fixture
def three(db: Session, mia: Actor) -> list[Actor]:
    """Advocates with 100, 600 and 1200 points: Bronze, Silver, Gold."""
    found = []
    for number, points in enumerate((100, 600, 1200)):
        one = joins(db, f"Advocate{number} Zed", "advocate")
        earn(db, one, points, subject=f"trial_level:{number}", by=mia)
        found.append(one)
    return found


def named(db: Session, name: str) -> Level:
    """A level by its name."""
    return db.scalars(select(Level).where(Level.name == name)).one()


def change(db: Session, mia: Actor, level: Level, **changes: object) -> Level:
    """Change a level, the rest of it as it was."""
    words = {"name": level.name, "threshold": level.threshold, "benefit": level.benefit, **changes}
    return levels.change(db, level.id, by=mia, **words)  # type: ignore[arg-type]


def ladder(db: Session) -> list[tuple[str, int, int]]:
    """Names, thresholds, people."""
    return [(step.name, step.threshold, step.people) for step in levels.ladder(db)]


def test_the_ladder_counts_who_stands_where(db: Session, three: list[Actor]) -> None:
    assert ladder(db) == [("Bronze", 0, 1), ("Silver", 500, 1), ("Gold", 1000, 1), ("Platinum", 2500, 0)]


@pytest.mark.parametrize(
    ("name", "threshold", "effect"),
    [
        ("Silver", 700, Effect(falls=1)),
        ("Silver", 100, Effect(rises=1)),
        ("Gold", 1300, Effect(falls=1)),
        ("Platinum", 1200, Effect(rises=1)),
        ("Silver", 600, Effect()),
        ("Silver", 501, Effect()),
    ],
)
def test_a_change_is_saved_once_its_effect_was_seen(
    db: Session, three: list[Actor], mia: Actor, name: str, threshold: int, effect: Effect
) -> None:
    before = [recognition.position(db, who(one)).standing.level.number for one in three]
    level = named(db, name)
    if effect != Effect():
        with pytest.raises(Unsaid) as unsaid:
            change(db, mia, level, threshold=threshold)
        assert unsaid.value.effect == effect
        db.rollback()
        with pytest.raises(Unsaid):
            change(db, mia, named(db, name), threshold=threshold, agreed="7/7")
        db.rollback()
        assert named(db, name).threshold != threshold
    change(db, mia, named(db, name), threshold=threshold, agreed=str(effect))
    db.commit()
    after = [recognition.position(db, who(one)).standing.level.number for one in three]
    assert sum(a > b for a, b in zip(after, before, strict=True)) == effect.rises
    assert sum(a < b for a, b in zip(after, before, strict=True)) == effect.falls


def test_a_level_is_added_and_removed(db: Session, three: list[Actor], mia: Actor) -> None:
    with pytest.raises(Unsaid):
        levels.add(db, "Ruby", 550, "A dinner.", by=mia)
    db.rollback()
    made = levels.add(db, " Ruby ", 550, "A dinner.", by=mia, agreed="1/0")
    db.commit()
    assert ladder(db)[:3] == [("Bronze", 0, 1), ("Silver", 500, 0), ("Ruby", 550, 1)]
    with pytest.raises(Unsaid):
        levels.remove(db, made.id, by=mia)
    db.rollback()
    levels.remove(db, made.id, by=mia, agreed="0/1")
    levels.remove(db, named(db, "Platinum").id, by=mia)
    db.commit()
    assert [name for name, _threshold, _people in ladder(db)] == ["Bronze", "Silver", "Gold"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "gold"},
        {"name": " "},
        {"name": "x" * 41},
        {"name": "\u202eab"},
        {"benefit": ""},
        {"benefit": "x" * 301},
        {"threshold": 0},
        {"threshold": 1000},
        {"threshold": 1001},
        {"threshold": -1},
        {"threshold": 1_000_000_001},
    ],
)
def test_what_cannot_be_is_refused(db: Session, mia: Actor, changes: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        change(db, mia, named(db, "Silver"), **changes)
    db.rollback()
    assert ladder(db)[1] == ("Silver", 500, 0)


def test_the_lowest_stays_at_nothing(db: Session, mia: Actor, ana: Actor) -> None:
    bronze = named(db, "Bronze")
    with pytest.raises(Invalid):
        change(db, mia, bronze, threshold=5)
    db.rollback()
    with pytest.raises(Conflict):
        levels.remove(db, named(db, "Bronze").id, by=mia)
    change(db, mia, named(db, "Bronze"), name="Start")
    db.commit()
    for statement in ("DELETE FROM level WHERE threshold = 0", "UPDATE level SET threshold = 7 WHERE threshold = 0"):
        with pytest.raises(DBAPIError, match="needs no points"):
            db.execute(text(statement))
        db.rollback()


def test_only_managers_and_only_what_is_there(db: Session, mia: Actor, ana: Actor) -> None:
    for verb in (
        lambda: levels.add(db, "Ruby", 5, "A dinner.", by=ana),
        lambda: change(db, ana, named(db, "Gold"), name="Ruby"),
        lambda: levels.remove(db, named(db, "Gold").id, by=ana),
    ):
        with pytest.raises(NotAllowed):
            verb()
    with pytest.raises(NotFound):
        levels.remove(db, 987_654, by=mia)


def test_there_is_an_end_of_levels(db: Session, mia: Actor) -> None:
    for number in range(levels.MOST - 4):
        levels.add(db, f"Level {number}", 3000 + number, "More.", by=mia)
    with pytest.raises(Conflict):
        levels.add(db, "One more", 9000, "More.", by=mia)


def test_saving_what_is_there_leaves_no_trace(db: Session, mia: Actor) -> None:
    change(db, mia, named(db, "Gold"))
    db.commit()
    assert db.scalars(select(AuditEntry).where(AuditEntry.action.like("level.%"))).all() == []


def test_a_ladder_without_a_lowest_is_noticed(db: Session, superuser: Superuser, breaches_expected: list[str]) -> None:
    superuser.plant("DELETE FROM level WHERE threshold = 0")
    breaches_expected += ["points.lowest_level_needs_nothing"]


def test_the_screens(app: Portal, db: Session, three: list[Actor], mia: Actor) -> None:
    browser = Browser(app, db, mia)
    path = f"/admin/levels/{named(db, 'Silver').public_id}"
    db.rollback()
    assert f'href="{path}"' in browser.get("/admin/levels").text
    typed = {"name": "Argent", "threshold": "700", "benefit": "First to hear."}
    asked = browser.post(path, path, **typed, agreed="")
    assert asked.status_code == 409
    for words in ("1 advocate will stand on a lower level", 'value="0/1"', "Argent", "Save it, for all of them"):
        assert words in asked.text
    assert browser.post(path, path, **typed, agreed="0/1").status_code == 303
    assert ladder(db)[1] == ("Argent", 700, 0)
    db.rollback()
    gone = f"/admin/levels/{named(db, 'Gold').public_id}"
    db.rollback()
    asked = browser.post(f"{gone}/removal", gone)
    assert (asked.status_code, "Remove it, for all of them" in asked.text) == (409, True)
    (agreed,) = re.findall(r'name="agreed" value="([^"]+)"', asked.text)
    assert browser.post(f"{gone}/removal", gone, agreed=agreed).status_code == 303
    bad = browser.post("/admin/levels/new", "/admin/levels/new", name="Argent", threshold="5", benefit="x", agreed="")
    assert (bad.status_code, "Another level has this name." in bad.text) == (422, True)
    new = browser.post("/admin/levels/new", "/admin/levels/new", name="Ruby", threshold="9000", benefit="x", agreed="")
    assert new.status_code == 303


def test_the_ladder_costs_the_same_for_one_and_for_fifty(
    app: Portal, db: Session, mia: Actor, count_queries: Callable[[Callable[[], object]], int]
) -> None:
    browser = Browser(app, db, mia)
    few = cost(count_queries, lambda: browser.get("/admin/levels"))
    for number in range(10):
        levels.add(db, f"Level {number}", 3000 + number, "More.", by=mia)
        earn(db, joins(db, f"Advocate{number} Zed", "advocate"), 3000, subject=f"trial_level:{number}", by=mia)
    assert cost(count_queries, lambda: browser.get("/admin/levels")) == few
