"""Every state that the verbs can reach, and which of them occur in a program less than three times."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlalchemy import Enum, Table, func, select
from sqlalchemy.orm import Session

from portal.database import Base

AT_LEAST: Final = 3
NEVER_SEEN: Final = {
    "assignment.state": {"proposed": "asked in the transaction that proposes"},
    "import_run.state": {
        "checking": "checked within seconds",
        "importing": "imported within seconds",
        "failed": "for machines that fail",
    },
    "message.state": {"queued": "sent within seconds", "sending": "sent within seconds"},
    "redemption_event.state": {
        "unknown": "for suppliers, who are not there",
        "needs_human": "for suppliers, who are not there",
    },
    "redemption.state": {
        "dispatching": "for suppliers, who are not there",
        "unknown": "for suppliers, who are not there",
        "needs_human": "for suppliers, who are not there",
    },
    "reference_request.state": {
        "requested": "approved at once",
        "approved": "waits for the advocate at once",
        "not_approved": "approved at once",
    },
    "stage_response.verification": {"automatic": "for sources that are asked, which are not there"},
    "verdict.state": {"open": "for ten seconds"},
}
"""Where nobody finds anything at rest, and why."""
TOLD_APART: Final = frozenset(
    {
        "ask.source",
        "call_feedback.helped",
        "call_feedback.side",
        "consent_event.kind",
        "reference_call.missed_by",
        "stage_response.verification",
        "submission.reason",
        "transfer.phase",
        "verdict.decision",
    }
)
"""What else must occur, beside states."""


def columns() -> list[tuple[Table, str, list[str]]]:
    """Table, column and values of each state."""
    named = [
        (table, column.name, column.type.enums)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Enum)
    ]
    return [
        (table, name, values)
        for table, name, values in named
        if name in {"state", "advocate_status"} or f"{table.name}.{name}" in TOLD_APART
    ]


def missing(db: Session) -> list[str]:
    """The states that occur too seldom, and those that occur though they are held never to."""
    wrong = []
    for table, name, values in columns():
        counted = Counter(dict(db.execute(select(table.c[name], func.count()).group_by(table.c[name])).all()))
        never = NEVER_SEEN.get(f"{table.name}.{name}", {})
        for value in values:
            if value in never and counted[value]:
                wrong.append(f"{table.name}.{name} {value}: {counted[value]}, though {never[value]}")
            elif value not in never and counted[value] < AT_LEAST:
                wrong.append(f"{table.name}.{name} {value}: {counted[value]}")
    return wrong
