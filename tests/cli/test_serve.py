"""`portal serve` as an operator meets it: one command, whose parts live and die with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from portal.cli import child as children_of_serve
from portal.cli.serve import PortBusyError, reserved
from portal.database import embedded
from portal.database.postgres_server import answers

pytestmark = pytest.mark.kill
ROOT = Path(__file__).parents[2]
START = children_of_serve.PROCESSES.get_start_method()
"""How this system makes its children."""


class System:
    """A running `portal serve` with a tiny application."""

    def __init__(self, port: int, instance: str = "-", worker: str = "worker", start: str = START) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.tiny", str(port), instance, worker, start],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": "postgresql://nowhere/none"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> System:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]
        return self

    def get(self, path: str = "/") -> tuple[int, str]:
        """The number of the answering process, and the DATABASE_URL that it has."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            pid, _, url = answer.read().decode().partition(" ")
        return int(pid), url

    def children(self) -> list[psutil.Process]:
        born = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in born if not gone([child])]

    def granian(self) -> psutil.Process:
        return next(child for child in self.children() if child.children())

    def worker(self) -> psutil.Process:
        return next(child for child in self.children() if child.name() == "portal-worker")


def soon(true: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


def gone(processes: list[psutil.Process]) -> bool:
    return not any(lives(process) for process in processes)


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def systems() -> Iterator[list[System]]:
    """What a test started; it ends with the test."""
    started: list[System] = []
    yield started
    for system in started:
        system.process.kill()
        system.process.communicate()


@pytest.fixture
def system(port: int, systems: list[System]) -> System:
    systems.append(System(port))
    return systems[0].ready()


@pytest.fixture
def instance() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="portal-serve-"))
    folder.chmod(0o711)
    yield folder / "instance"
    soon(lambda: not embedded._Embedded(folder / "instance").users.living())
    embedded.destroy(folder / "instance")
    shutil.rmtree(folder)


def test_nothing_is_left_of_a_killed_serve_and_the_next_one_has_new_processes(
    system: System, systems: list[System]
) -> None:
    children = system.children()
    before, _ = system.get()
    assert len(children) == 4  # Granian, two web processes, the worker
    system.process.kill()
    assert soon(lambda: gone(children), 2)
    systems.append(System(system.port))
    after, _ = systems[-1].ready().get()
    assert after not in {before, *(child.pid for child in children)}


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_order_to_stop_ends_everything(order: signal.Signals, system: System) -> None:
    children = system.children()
    system.process.send_signal(order)
    _, said = system.process.communicate(timeout=20)
    assert system.process.returncode == 0
    assert said == ""
    assert gone(children)


def test_a_request_that_runs_is_answered_before_the_end(system: System) -> None:
    answered_by: list[int] = []
    asking = threading.Thread(target=lambda: answered_by.append(system.get("/slow")[0]))
    asking.start()
    time.sleep(0.5)
    system.process.send_signal(signal.SIGTERM)
    asking.join()
    system.process.communicate(timeout=20)
    assert len(answered_by) == 1
    assert system.process.returncode == 0


def test_an_open_idle_connection_does_not_hold_the_end_up(system: System) -> None:
    with socket.create_connection(("127.0.0.1", system.port)) as kept:
        kept.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        kept.recv(1000)
        began = time.monotonic()
        system.process.send_signal(signal.SIGTERM)
        system.process.communicate(timeout=40)
        assert time.monotonic() - began < 10


def test_a_busy_port_is_refused_with_the_remedy(system: System, systems: list[System]) -> None:
    systems.append(System(system.port))
    _, said = systems[-1].process.communicate(timeout=30)
    assert systems[-1].process.returncode == 1
    assert f"Port {system.port} on 127.0.0.1 is in use" in said
    assert "choose another port with PORT" in said
    assert system.get()


def test_a_port_shared_by_others_is_busy_too(port: int) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("0.0.0.0", port))
        other.listen()
        with pytest.raises(PortBusyError, match="in use"), reserved("127.0.0.1", port):
            pass


def test_dead_children_are_replaced(system: System) -> None:
    for victim in (psutil.Process(system.get()[0]), system.granian(), system.worker()):
        victim.kill()
        assert soon(lambda: gone([victim]))  # noqa: B023
        assert soon(lambda: len(system.children()) == 4)
    assert system.process.poll() is None
    assert soon(lambda: _answers(system))


def _answers(system: System) -> bool:
    try:
        return system.get()[0] > 0
    except OSError:
        return False


def test_kills_from_outside_do_not_count_as_failed_starts(system: System) -> None:
    for _ in range(6):
        victim = system.worker()
        victim.kill()
        assert soon(lambda: gone([victim]))  # noqa: B023
        assert soon(lambda: len(system.children()) == 4)
    assert system.process.poll() is None


def test_who_always_dies_is_named_and_ends_the_system(port: int, systems: list[System]) -> None:
    systems.append(System(port, worker="bad"))
    _, said = systems[-1].process.communicate(timeout=60)
    assert systems[-1].process.returncode == 1
    assert "The worker died 5 times in a row, the last time with code 3." in said


def test_the_children_get_the_embedded_database_and_it_is_kept_alive(
    instance: Path, port: int, systems: list[System]
) -> None:
    systems.append(System(port, instance=str(instance)))
    _, url = systems[0].ready().get()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("portal",)
    server = embedded._Embedded(instance).server
    pid = server.postmaster()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert soon(lambda: server.postmaster() not in (None, pid))
    assert answers(url, patience=15)
    systems[0].process.send_signal(signal.SIGINT)
    systems[0].process.communicate(timeout=30)
    assert systems[0].process.returncode == 0
    assert server.postmaster() is None


@pytest.mark.skipif(START != "fork", reason="children are forks on Linux only")
def test_children_have_what_serve_has_imported(system: System) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{system.port}/imported-by", timeout=20) as answer:
        assert int(answer.read()) == system.process.pid


def test_children_that_are_no_forks_live_and_die_the_same(port: int, systems: list[System]) -> None:
    systems.append(System(port, start="spawn"))
    system = systems[0].ready()
    before, _ = system.get()
    assert soon(lambda: any(child.name() == "portal-worker" for child in system.children()))
    psutil.Process(before).kill()
    assert soon(lambda: _answers(system) and system.get()[0] != before)
    children = system.children()
    system.process.send_signal(signal.SIGINT)
    _, said = system.process.communicate(timeout=20)
    assert (system.process.returncode, said) == (0, "")
    assert soon(lambda: gone(children))


def test_the_tether_without_a_parent_death_signal() -> None:
    child = "import os; from portal.cli.tether import watch; print('watching', flush=True); watch(os.getppid())"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "watching\n"
        children = psutil.Process(process.pid).children()
        process.kill()
        assert soon(lambda: gone(children), 2)


def test_a_web_process_is_small(system: System) -> None:
    web = psutil.Process(system.get()[0])
    assert web.memory_info().rss < 200 * 2**20
