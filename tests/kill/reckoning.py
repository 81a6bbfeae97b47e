"""What the database holds, beside what the witness saw: what was lost, what is there twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

import psycopg

from .cast import PRICE, PURSE, STEP_POINTS, STOCK
from .witness import Deed

_STEPS = """
    SELECT s.person_id || ' ' || c.public_id || ' ' || st.position,
        (SELECT count(*) FROM transfer t WHERE t.kind = 'award' AND t.subject = 'stage_response:' || r.id)
    FROM stage_response r JOIN submission s ON s.id = r.submission_id JOIN challenge c ON c.id = s.challenge_id
    JOIN stage st ON st.id = r.stage_id WHERE r.state = 'accepted'
"""
_ORDERS = """
    SELECT d.request_key::text,
        (SELECT count(*) FROM transfer t WHERE t.kind = 'redemption' AND t.cause = 'redemption:' || d.id)
    FROM redemption d
"""
_PURSES = """
    SELECT a.person_id, a.posted, a.held,
        (SELECT count(*) FROM stage_response r JOIN submission s ON s.id = r.submission_id
            WHERE s.person_id = a.person_id AND r.state = 'accepted'),
        (SELECT count(*) FROM redemption d WHERE d.person_id = a.person_id)
    FROM account a WHERE a.kind = 'person'
"""


@dataclass
class Reckoning:
    """What was found; all well when nothing was."""

    acknowledged: int = 0
    lost: list[Deed] = field(default_factory=list)
    doubled: list[Deed] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def reckon(url: str, deeds: list[Deed], tries: Mapping[str, set[str]] | None = None) -> Reckoning:
    """Compare deeds with the database. `tries` are the keys that were sent for one order: at most one may stand."""
    with psycopg.connect(url) as connection:
        steps = _rows(connection, _STEPS)
        orders = _rows(connection, _ORDERS)
        messages = _rows(connection, "SELECT public_id::text, 1 FROM message")
        purses = connection.execute(_PURSES).fetchall()
        stock = connection.execute("SELECT stock FROM reward").fetchone()
    tries = tries or {}
    stands = {order: sum(key in orders for key in keys) for order, keys in tries.items()}
    kept = {"hand in": Counter(steps), "message": Counter(messages), "redeem": Counter(orders)}
    for order, count in stands.items():
        kept["redeem"][order] = max(kept["redeem"][order], count)
    found = Reckoning(len(deeds))
    found.lost = [(kind, what) for kind, what in deeds if kept[kind][what] == 0]
    found.doubled = [(kind, what) for kind in ("hand in", "redeem") for what, times in kept[kind].items() if times > 1]
    found.wrong = [
        f"person {person_id} has {posted} and {held} held after {handed_in} steps and {ordered} orders"
        for person_id, posted, held, handed_in, ordered in purses
        if (posted, held) != _purse(handed_in, ordered)
    ]
    if stock != (STOCK - len(orders),):
        found.wrong.append(f"the stock is {stock} after {len(orders)} orders")
    return found


def _purse(handed_in: int, ordered: int) -> tuple[int, int]:
    return PURSE + handed_in * STEP_POINTS, ordered * PRICE


def _rows(connection: psycopg.Connection[Any], question: str) -> dict[str, int]:
    return dict(connection.execute(question.encode()).fetchall())


def unsent(url: str) -> list[tuple[Any, ...]]:
    """The messages that have not gone, with what became of them."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT public_id::text, kind, state, reason FROM message WHERE state <> 'sent'"
        ).fetchall()


def waiting_jobs(url: str) -> list[tuple[Any, ...]]:
    """The jobs of messages that have not come to their end."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT id, status, attempts, scheduled_at FROM procrastinate_jobs WHERE task_name = 'messages.send'"
        ).fetchall()


def mails(folder: Path) -> Counter[str]:
    """How often each message was written as a mail, by the identity that stands in its Message-ID."""
    files = [file for file in folder.iterdir() if file.suffix == ".eml"] if folder.exists() else []
    headers = (BytesHeaderParser().parsebytes(file.read_bytes()) for file in files)
    return Counter(str(head["Message-ID"]).strip("<>").partition("@")[0] for head in headers)
