"""A whole portal as an operator starts it: `portal …` with an instance, a database and a worker of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from email import message_from_bytes, policy
from functools import cached_property
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_OWN: Final = ("DATABASE_URL", "MAIL_URL", "SECRET_KEY", "FLASK_DEBUG", "TRUSTED_PROXIES")
_LINK: Final = re.compile(r"https?://[^\s<>]+")


@dataclass(frozen=True)
class Letter:
    """A mail that was kept in the instance folder."""

    to: str
    subject: str
    text: str

    @property
    def link(self) -> str:
        """What the mail asks to be clicked: its first link."""
        return _LINK.findall(self.text)[0].rstrip(".,)")


class Served:
    """A running `portal serve` or `portal demo --serve` and its instance folder."""

    def __init__(self, instance: Path, env: str) -> None:
        self.instance = instance
        self.env = env
        self.port = _free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = instance.parent / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None

    @cached_property
    def environ(self) -> dict[str, str]:
        """The surroundings of every command on this instance, untouched by those of the tests."""
        kept = {name: value for name, value in os.environ.items() if name not in _OWN and "PORTAL_" not in name}
        return kept | {
            "PORTAL_ENV": self.env,
            "PORTAL_INSTANCE": str(self.instance),
            "PORTAL_BASE_URL": self.url,
            "PORT": str(self.port),
            "WEB_PROCESSES": "1",
            "LOG_LEVEL": "warning",
        }

    def command(self, *words: str) -> str:
        """Run `portal …` on the instance to its end; what it printed."""
        command = [sys.executable, "-m", "portal", *words]
        done = subprocess.run(command, cwd=ROOT, env=self.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *words: str) -> None:
        """Run `portal …` in the background until the whole system is ready."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal", *words],
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + 400
        while not self._is_ready():
            ended = self.process.poll() is not None or time.monotonic() > deadline
            assert not ended, f"the portal did not start:\n{self.log.read_text()}"
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop it as Ctrl-C does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def letters(self, to: str) -> list[Letter]:
        """The mails to an address, the oldest first."""
        files = sorted((self.instance / "mail").glob("[0-9]*.eml"))
        return [letter for letter in map(_read, files) if letter.to == to]

    def letter(self, to: str, *, subject: str = "", after: int = 0, seconds: float = 30) -> Letter:
        """The newest mail to an address with such a subject, beyond the first `after` of them, once it is there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [letter for letter in self.letters(to) if subject in letter.subject][after:]
            if found:
                return found[-1]
            time.sleep(0.2)
        subjects = [letter.subject for letter in self.letters(to)]
        raise AssertionError(f"no mail “{subject}” to {to} within {seconds} s; there are {subjects}")

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def _read(file: Path) -> Letter:
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    plain = mail.get_body(("plain",))
    assert plain is not None
    address = mail["To"].addresses[0].addr_spec
    return Letter(to=address, subject=str(mail["Subject"]), text=plain.get_content())


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
