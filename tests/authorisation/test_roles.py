"""Rights are given by who may give them, and end at once."""

from __future__ import annotations

import pytest

from tests.authorisation.stand import Stand


@pytest.fixture(autouse=True)
def _as_it_was(stand: Stand) -> object:
    yield
    stand.restore()


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_only_administrators_make_managers_and_administrators(stand: Stand, role: str) -> None:
    person = stand.world.things["person"]
    for path in ("roles", "roles/revocations"):
        refused = stand.send("POST", f"/admin/people/{person}/{path}", "manager", data={"role": role})
        assert refused.status_code == 403
        assert stand.changed() == []
    invited = {"role": role, "email": "new.power@world.example"}
    refused = stand.send("POST", f"/admin/people/{person}/invitations", "manager", data=invited)
    assert refused.status_code == 403
    assert stand.changed() == []
    granted = stand.send("POST", f"/admin/people/{person}/roles", "admin", data={"role": role})
    assert granted.status_code == 303


def test_nobody_gives_themselves_a_role(stand: Stand) -> None:
    own = stand.watch.execute("SELECT public_id FROM person WHERE name = 'Mia Novak'").fetchone()
    assert own is not None
    for role in ("sales", "advocate", "admin"):
        refused = stand.send("POST", f"/admin/people/{own[0]}/roles", "manager", data={"role": role})
        assert refused.status_code in {403, 409}
    assert stand.changed() == []


def test_the_last_administrator_stays(stand: Stand) -> None:
    own = stand.watch.execute("SELECT public_id FROM person WHERE name = 'Sam Whitlock'").fetchone()
    assert own is not None
    refused = stand.send("POST", f"/admin/people/{own[0]}/roles/revocations", "admin", data={"role": "admin"})
    assert refused.status_code == 409
    assert stand.changed() == []


@pytest.mark.parametrize("deed", ["suspension", "sessions/end", "roles/revocations"])
def test_who_loses_their_rights_is_out_with_the_next_request(stand: Stand, deed: str) -> None:
    assert stand.send("GET", "/challenges", "member").status_code == 200
    fields = {"role": "advocate"} if deed.startswith("roles") else {}
    done = stand.send("POST", f"/admin/people/{stand.world.things['person']}/{deed}", "manager", data=fields)
    assert done.status_code == 303
    assert stand.send("GET", "/challenges", "member").status_code == 303
    assert stand.send("POST", "/account", "member", data={"name": "Still here", "time_zone": "UTC"}).status_code == 303
    name = stand.watch.execute("SELECT count(*) FROM person WHERE name = 'Still here'").fetchone()
    assert name == (0,)


def test_a_session_ends_when_its_time_is_over(stand: Stand) -> None:
    stand.owner.execute(
        "UPDATE login_session SET created_at = portal_now() - interval '1 day', expires_at = portal_now()"
    )
    assert stand.send("GET", "/account", "advocate").status_code == 303
    stand.restore()
    idle = "UPDATE login_session SET last_seen_at = portal_now() - make_interval(secs => idle_seconds)"
    stand.owner.execute(idle)
    assert stand.send("GET", "/account", "admin").status_code == 303
