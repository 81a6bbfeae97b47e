"""Thousands of messages and a worker that is killed again and again: none is lost (tests of trust, T5).

The mail server's part is played by a folder. What was written twice bears the same Message-ID, so that a mailbox shows
it once.
"""

from __future__ import annotations

import random
import secrets
import time

import pytest

from .cast import Scene, queue_messages
from .house import PATIENCE, House, alive, soon
from .reckoning import mails, unsent

pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("kill")]


@pytest.mark.parametrize(
    ("kills", "at_a_time"), [(3, 40), pytest.param(30, 167, marks=pytest.mark.slow, id="30 kills of 5,010")]
)
def test_no_message_is_lost_however_often_the_worker_dies(
    kills: int, at_a_time: int, serving: House, scene: Scene
) -> None:
    seed = secrets.randbits(32)
    chance, queued, under_way = random.Random(seed), list[str](), 0
    for _kill in range(kills):
        queued += queue_messages(serving, scene.guests[0].person_id, at_a_time)
        time.sleep(chance.uniform(0, 1.0))
        victim = serving.worker()
        under_way += bool(unsent(serving.url))
        victim.kill()
        assert soon(lambda: not alive(victim) and serving.is_whole()), serving.tail()  # noqa: B023
    began = time.monotonic()
    assert soon(lambda: not unsent(serving.url), 4 * PATIENCE), unsent(serving.url)[:5]
    sent = mails(serving.instance / "mail")
    assert [message for message in queued if not sent[message]] == []
    assert under_way > kills // 2, f"the worker was idle at most kills (seed {seed})"
    twice = sum(sent[message] - 1 for message in queued)
    print(
        f"seed {seed}: {len(queued)} messages, {kills} kills, 0 lost, {twice} written twice,"
        f" all sent {time.monotonic() - began:.1f} s after the last"
    )
    assert serving.breaches() == {}
