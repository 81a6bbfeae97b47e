"""`portal serve` begins with a port of its own and ends with nothing left behind."""

from __future__ import annotations

import pytest

from portal.database import embedded

from .house import House, alive, soon
from .load import Load

pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("kill")]


def test_a_busy_port_is_refused_with_the_remedy(serving: House) -> None:
    before = serving.parts()
    ended = serving.command("serve")
    assert ended.returncode == 1
    assert f"Port {serving.port} on 127.0.0.1 is in use" in ended.stderr
    assert "choose another port with PORT" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert serving.parts() == before
    assert serving.is_ready()


def test_an_interrupt_leaves_nothing_running_and_answers_what_it_has_begun(serving: House, load: Load) -> None:
    load.go()
    told = load.acknowledged
    assert soon(lambda: load.acknowledged > told + 3), serving.tail()
    parts, server = serving.parts(), serving.postmaster()
    assert serving.interrupt() == 0, serving.tail()
    load.rest()
    assert load.refused == []
    assert not [each for each in [*parts, server] if alive(each)]
    assert embedded._Embedded(serving.instance).server.postmaster() is None
    assert serving.ask("/healthz") == (0, "")
