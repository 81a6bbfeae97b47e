"""What somebody ordered from the catalogue, step by step."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case

from portal.people.timeline import Chapter, Told, line, public, source
from portal.rewards.models import Redemption, RedemptionEvent
from portal.rewards.states import State


def _steps(person: ColumnElement[int]) -> Select[Any]:
    spent = case((RedemptionEvent.state == State.HELD, -Redemption.price))
    made = line(
        RedemptionEvent.at,
        RedemptionEvent.id,
        word=RedemptionEvent.state,
        title=Redemption.name,
        note=RedemptionEvent.note,
        by=RedemptionEvent.actor_id,
        amount=spent,
        ref=Redemption.public_id,
    )
    joined = made.join(Redemption, Redemption.id == RedemptionEvent.redemption_id)
    return joined.where(Redemption.person_id == person)


@source("rewards.step", Chapter.REWARDS, _steps)
def _tell(row: Row[Any]) -> Told:
    state = State(row.word)
    first = state is State.HELD
    badge = None if first else (state.label, state.tone)
    icon, href = "gift" if first else state.icon, public("/admin/redemptions", row.ref)
    return Told(row.title, row.note, icon, "ok" if state is State.FULFILLED else "brand", href, row.amount, badge)
