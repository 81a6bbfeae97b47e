"""The load: browsers that do what advocates do, as long as they are told, and tell the witness what was acknowledged.

What was not acknowledged is tried again, the same in every way, until it is.
"""

from __future__ import annotations

import http.client
import itertools
import re
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlencode
from uuid import UUID, uuid4

from .cast import PRICE, STEPS, Guest, Scene
from .witness import Deed, Witness

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_DONE = 303
_AWAY = 503


class Browser(threading.Thread):
    """One advocate: hands in a step, redeems a reward, hands in the next one."""

    def __init__(self, port: int, guest: Guest, scene: Scene, witness: Witness, *, new_key_each_time: bool) -> None:
        super().__init__(daemon=True)
        self.port, self.guest, self.scene, self.witness = port, guest, scene, witness
        self.new_key_each_time = new_key_each_time
        self.running = threading.Event()
        self.over = threading.Event()
        self.idle = threading.Event()
        self.csrf = ""
        self.acknowledged = 0
        self.refused: list[str] = []
        """What should never be answered to them."""
        self.tries: dict[str, set[str]] = {}
        """The keys that were sent for each order."""

    def run(self) -> None:
        """Do one after the other."""
        for challenge in self._challenges():
            if self.over.is_set():
                return
            self._until_done(("begin", str(challenge)), f"/challenges/{challenge}/submission", {})
            for step in range(1, STEPS + 1):
                done = ("hand in", f"{self.guest.person_id} {challenge} {step}")
                self._until_done(done, f"/challenges/{challenge}/steps/{step}", {})
                self._redeem()

    def _challenges(self) -> Iterator[UUID]:
        yield from self.scene.challenges
        while not self.over.is_set():
            self._redeem()

    def _redeem(self) -> None:
        order = str(uuid4())
        self._until_done(("redeem", order), f"/rewards/{self.scene.reward}", {"price": str(PRICE)})

    def _until_done(self, deed: Deed, path: str, form: dict[str, str]) -> None:
        for attempt in itertools.count():
            if self.over.is_set() or not self._may_act():
                return
            if deed[0] == "redeem":
                key = str(uuid4()) if self.new_key_each_time and attempt else deed[1]
                self.tries.setdefault(deed[1], set()).add(key)
                form = {**form, "request_key": key}
            if self._sent(path, form, lose_the_answer=self.new_key_each_time and not attempt):
                if deed[0] != "begin":
                    self.witness.saw(deed)
                    self.acknowledged += 1
                return
            time.sleep(0.1)

    def _may_act(self) -> bool:
        """Wait until it may; False when it is over."""
        self.idle.set()
        while not self.running.wait(0.1):
            if self.over.is_set():
                return False
        self.idle.clear()
        return True

    def _sent(self, path: str, form: dict[str, str], *, lose_the_answer: bool = False) -> bool:
        """Whether it was acknowledged. A server that is away is no answer; another refusal is noted."""
        try:
            if not self.csrf:
                status, body = self._ask("GET", f"/rewards/{self.scene.reward}")
                found = _TOKEN.search(body)
                if status != 200 or found is None:
                    self._note("GET", path, status)
                    return False
                self.csrf = found[1]
            status, _ = self._ask("POST", path, {**form, "csrf_token": self.csrf})
        except (OSError, http.client.HTTPException):
            return False
        if status != _DONE:
            self._note("POST", path, status)
        return status == _DONE and not lose_the_answer

    def _note(self, method: str, path: str, status: int) -> None:
        if status != _AWAY:
            self.refused.append(f"{method} {path}: {status}")

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Host": "localhost", "Cookie": f"session={self.guest.token}"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, urlencode(form) if form is not None else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


class Load:
    """All browsers together."""

    def __init__(self, port: int, scene: Scene, witness: Witness, *, new_key_each_time: bool = False) -> None:
        self.browsers = [
            Browser(port, guest, scene, witness, new_key_each_time=new_key_each_time) for guest in scene.guests
        ]
        for browser in self.browsers:
            browser.start()

    @property
    def acknowledged(self) -> int:
        """How many deeds were acknowledged so far."""
        return sum(browser.acknowledged for browser in self.browsers)

    @property
    def refused(self) -> list[str]:
        """What should never be answered."""
        return [answer for browser in self.browsers for answer in browser.refused]

    @property
    def tries(self) -> dict[str, set[str]]:
        """The keys that were sent for each order."""
        return {order: keys for browser in self.browsers for order, keys in list(browser.tries.items())}

    def forget(self) -> None:
        """Begin anew with what should never be answered."""
        for browser in self.browsers:
            browser.refused.clear()

    def go(self) -> None:
        """Let them act."""
        for browser in self.browsers:
            browser.running.set()

    def rest(self) -> None:
        """Let them end what they do, and wait."""
        for browser in self.browsers:
            browser.running.clear()
        for browser in self.browsers:
            assert browser.idle.wait(60)

    def end(self) -> None:
        """Send them home."""
        for browser in self.browsers:
            browser.over.set()
        for browser in self.browsers:
            browser.join(60)
