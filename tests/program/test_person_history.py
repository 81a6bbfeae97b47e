"""Everything about one person in time order, for managers: whole, bounded, and no more than they may know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from sqlalchemy import event, select, text

from portal.database import db
from portal.messages.models import Message
from portal.people import timeline
from portal.people.models import Person
from portal.people.timeline import SOURCES, Chapter
from tests.authorisation.stand import Stand, shared
from tests.cluster import Cluster

EVERYTHING: Final = 1000
OF_OTHERS: Final = {"access.nominated", "access.decided", "access.invited", "access.joined", "access.terms"}
"""What the advocate of the world has not lived: she was made known by hand."""


@pytest.fixture(scope="module")
def stand(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Stand:
    return shared(cluster, tmp_path_factory)


@pytest.fixture
def inside(stand: Stand) -> Iterator[None]:
    with stand.app.app_context():
        yield
        db.session.rollback()
        db.session.remove()


def path_of(stand: Stand, persona: str) -> str:
    with stand.app.app_context():
        found = db.session.scalar(select(Person.public_id).where(Person.id == stand.world.id_of(persona)))
        db.session.remove()
    return f"/admin/people/{found}"


def test_every_source_tells_something(stand: Stand, inside: None) -> None:
    """Also of what the world does not hold, made so for the moment of the test: a decision, a call arranged outside."""
    session, who = db.session(), stand.world.id_of("advocate")
    one = f"(SELECT min(id) FROM submission WHERE person_id = {who} AND state = 'in_progress')"
    decided = "state = 'approved', submitted_at = portal_now(), decided_at = portal_now()"
    stand.owner.execute(f"UPDATE submission SET {decided} WHERE id = {one}")
    stand.owner.execute(
        "INSERT INTO verdict (submission_id, decision, decided_by, state, apply_at) SELECT min(s.id), 'approve', %s,"
        " 'applied', portal_now() FROM submission s WHERE s.person_id = %s",
        (stand.world.id_of("manager"), who),
    )
    stand.owner.execute(
        "INSERT INTO ask (person_id, activity_type_id, source) SELECT %s, min(id), 'outside' FROM activity_type", (who,)
    )
    try:
        lines = timeline.of(session, who, limit=EVERYTHING).rows
    finally:
        session.rollback()
        stand.restore()
    assert {line.source for line in lines} == set(SOURCES) - OF_OTHERS
    assert all(str(line.told.title) for line in lines)


def test_how_somebody_came_in_is_told(stand: Stand) -> None:
    world = stand.world
    decided = {"decision": "approve", "note": "She knows us well."}
    path = f"/admin/nominations/{world.things['nomination']}"
    try:
        assert stand.send("POST", f"{path}/decision", "manager", data=decided).status_code == 303
        joined = {"name": "Gina", "terms": world.things["terms"], "agreed": "y"}
        token = world.things["path of invited"]
        assert stand.send("POST", f"/invitation/{token}", data=joined).status_code == 303
        with stand.app.app_context():
            nominee = db.session.execute(text("SELECT person_id FROM nomination WHERE state = 'approved'")).scalar_one()
            guest = db.session.execute(
                text("SELECT person_id FROM invitation WHERE accepted_at IS NOT NULL")
            ).scalar_one()
            told = {
                who: [(line.source, line.by) for line in timeline.of(db.session(), number).rows]
                for who, number in (("nominee", nominee), ("guest", guest))
            }
            db.session.remove()
    finally:
        stand.restore()
    assert ("access.nominated", "Tom Alvarez") in told["nominee"]
    assert ("access.decided", "Mia Novak") in told["nominee"]
    assert ("access.invited", "Mia Novak") in told["nominee"]
    sources = {name for name, _by in told["guest"]}
    assert {"access.invited", "access.joined", "access.terms", "access.record"} <= sources


@pytest.mark.parametrize("chapter", [None, *Chapter])
def test_pages_hold_every_line_once_and_in_order(stand: Stand, inside: None, chapter: Chapter | None) -> None:
    who = stand.world.id_of("advocate")
    whole = [
        (line.at, line.source, line.id)
        for line in timeline.of(db.session(), who, chapter=chapter, limit=EVERYTHING).rows
    ]
    assert whole == sorted(whole, reverse=True)
    assert len(whole) == len(set(whole))
    found, after = [], None
    for _page in range(EVERYTHING):
        page = timeline.of(
            db.session(), who, chapter=chapter, after=after and tuple(map(str, after[:2])) + after[2:], limit=4
        )
        assert len(page.rows) <= 4
        found += [(line.at, line.source, line.id) for line in page.rows]
        after = page.after
        if after is None:
            break
    assert found == whole
    assert chapter is None or all(SOURCES[name].chapter is chapter for _at, name, _id in whole)


def test_the_page_narrows_and_goes_on(stand: Stand) -> None:
    path = path_of(stand, "advocate")
    first = stand.send("GET", path, "manager").text
    shown = re.findall(r'class="timeline"', first)
    assert shown
    following = re.search(r'href="([^"]+after=[^"]+)"', first)
    assert following
    rest = stand.send("GET", following[1].replace("&amp;", "&"), "manager")
    assert rest.status_code == 200
    points = stand.send("GET", f"{path}?show=points", "manager").text
    assert "A start" in points
    assert "Reference call" not in points.split('id="history"')[1].split("</section>")[0] or "+" in points
    assert stand.send("GET", f"{path}?show=nonsense", "manager").status_code == 200
    assert stand.send("GET", f"{path}?after=rubbish", "manager").status_code == 422
    assert "Nothing of this kind" in stand.send("GET", f"{path_of(stand, 'sales')}?show=rewards", "manager").text


def test_it_says_which_messages_went_out_and_not_what_they_said(stand: Stand) -> None:
    path = path_of(stand, "member")
    with stand.app.app_context():
        kinds = set(db.session.scalars(select(Message.kind).where(Message.person_id == stand.world.id_of("member"))))
        db.session.remove()
    assert "access.password_changed" in kinds
    page = stand.send("GET", f"{path}?show=messages", "manager").text.split('id="timeline"')[1].split("</section>")[0]
    assert "password" not in page.lower(), "ways in are nobody else's business"
    joining = stand.send("GET", f"{path}?show=joining", "manager").text.split('id="timeline"')[1].split("</section>")[0]
    for word in ("session", "sign_in", "signed in", "password"):
        assert word not in joining.lower()


def test_it_costs_the_same_for_whoever_did_much_or_nothing(stand: Stand) -> None:
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with stand.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    counts = []
    try:
        for persona in ("advocate", "advocate", "member"):
            path = path_of(stand, persona)
            seen.clear()
            assert stand.send("GET", path, "manager").status_code == 200
            counts.append(len(seen))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert counts[1] == counts[2]
    assert counts[1] <= 16


def test_figures_say_where_an_advocate_stands(stand: Stand, inside: None) -> None:
    session, world = db.session(), stand.world
    ana, tom = (session.get_one(Person, world.id_of(who)) for who in ("advocate", "sales"))
    figures = {str(one.label): (one.value, one.note) for one in timeline.figures(session, ana)}
    held = session.execute(
        text("SELECT count(*) FROM reference_call WHERE person_id = :who AND state = 'held'"), {"who": ana.id}
    )
    assert figures["Calls held"] == (str(held.scalar_one()), None)
    lifetime, available = session.execute(
        text("SELECT lifetime, posted - held FROM account WHERE person_id = :who AND kind = 'person'"), {"who": ana.id}
    ).one()
    assert figures["Earned in all"] == (f"{lifetime:,}", f"{available:,} to spend")
    assert figures["Challenges"][0] == "0 done"
    assert figures["Asks this quarter"][0].endswith(" of 90")
    assert timeline.figures(session, tom) == []
    for word in ("person invited", "person barred", "person guest"):
        page = stand.send("GET", f"/admin/people/{world.things[word]}", "manager")
        assert (page.status_code, "Earned in all" in page.text) == (200, True)


def test_only_managers_see_it(stand: Stand) -> None:
    answers: Callable[[str | None], int] = lambda who: stand.send("GET", path_of(stand, "advocate"), who).status_code  # noqa: E731
    assert [answers(who) for who in ("manager", "admin", "sales", "advocate", None)] == [200, 200, 404, 404, 303]
