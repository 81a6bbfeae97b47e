"""Where a request stands, as its page shows it: who has it, what happens next, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from portal.database.refusal import Conflict
from portal.references.activity_words import Words, words_of
from portal.references.contact import Contact
from portal.references.models import OPEN_CALL, STEPS, AssignmentState, CallState, EventKind, Outcome, RequestState


@dataclass(frozen=True, slots=True)
class Time:
    """A time on offer for a call."""

    public_id: UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who was asked, as they may be shown: initials, and contact data only where it was disclosed."""

    id: int
    public_id: UUID
    person_id: int
    initials: str
    title: str | None
    industry: str | None
    country: str | None
    state: AssignmentState
    answer_by: datetime | None
    asked_at: datetime | None
    call_id: int | None
    call_public_id: UUID | None
    call_state: CallState | None
    call_given: bool
    starts_at: datetime | None
    place: str | None
    sequence: int | None
    times_wanted: bool
    ahead: bool
    times: Sequence[Time]
    contact: Contact | None

    @property
    def contact_open(self) -> bool:
        """Whether they accepted, so that contact data can be shown."""
        return self.state in (AssignmentState.ACCEPTED, AssignmentState.DONE)

    @property
    def shown(self) -> str:
        """What they are called on this page."""
        return self.contact.name if self.contact else self.initials


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the history; `who` is the advocate it is about, by initials, `actor` the member of staff who acted."""

    kind: EventKind
    at: datetime
    who: str | None
    actor: str | None
    mine: bool
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One of the six steps."""

    label: str
    note: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class Tracker:
    """All that the page of a request shows."""

    id: int
    public_id: UUID
    state: RequestState
    state_since: datetime
    prospect: str
    industry: str | None
    product: str | None
    topics: str
    needed_by: date
    created_at: datetime
    outcome: Outcome | None
    outcome_note: str | None
    rep: str
    mine: bool
    activity: str
    deal_public_id: UUID | None
    amount: Decimal | None
    currency: str | None
    closes_on: date | None
    asked: Sequence[Asked]
    events: Sequence[Event]

    @property
    def number(self) -> str:
        """What people call the request."""
        return f"REQ-{self.id}"

    @property
    def words(self) -> Words:
        """The words of what was asked for."""
        return words_of(self.activity)

    @property
    def questions(self) -> list[str]:
        """What the prospect wants to know, a line each."""
        return [line.strip() for line in self.topics.splitlines() if line.strip()]

    @property
    def current(self) -> Asked | None:
        """Whom the request is with: who accepted, else who is asked, else who was asked last."""
        order = (AssignmentState.ACCEPTED, AssignmentState.DONE, AssignmentState.ASKED)
        for state in order:
            for one in self.asked:
                if one.state is state:
                    return one
        return self.asked[-1] if self.asked else None

    @property
    def call(self) -> Asked | None:
        """The call that is to take place, or waits to be confirmed."""
        return next((one for one in self.asked if one.call_state in OPEN_CALL), None)

    @property
    def call_ahead(self) -> bool:
        """Whether that call is agreed for later."""
        return self.call is not None and self.call.ahead

    @property
    def call_before(self) -> Asked | None:
        """A call of which it can still be said that it took place before consent ended."""
        return next((one for one in self.asked if one.call_given), None) if self.call is None else None

    @property
    def call_to_confirm(self) -> int:
        """The call of which to say whether it took place, again too. Refuses `Conflict` where there is none."""
        found = self.call or self.call_before or self.held
        if found is None or found.call_id is None:
            raise Conflict(_("There is no call that waits to be confirmed."))
        return found.call_id

    @property
    def held(self) -> Asked | None:
        """A call that took place."""
        return next((one for one in self.asked if one.call_state is CallState.HELD), None)

    @property
    def expected(self) -> datetime | date | None:
        """By when the next thing is expected: an answer, or the call."""
        if self.state is RequestState.WAITING:
            due = [one.answer_by for one in self.asked if one.state is AssignmentState.ASKED and one.answer_by]
            return min(due) if due else None
        if self.state is not RequestState.SCHEDULED:
            return None
        return self.call.starts_at if self.call and self.call.starts_at else self.needed_by

    @property
    def asks_by_itself(self) -> date:
        """The day after which the portal asks whether the call took place, where no time is agreed."""
        return self.needed_by + timedelta(days=1)

    @property
    def steps(self) -> list[Step]:
        """The six steps with the moment each was reached; an exit stands where it left the way."""
        reached = self._reached()
        over = not self.state.open and self.state is not RequestState.CLOSED
        stop = max((n for n, step in enumerate(STEPS) if step in reached), default=0)
        steps = []
        for number, step in enumerate(STEPS):
            label = str(step.label)
            if step is RequestState.WAITING and self.current and number == stop and not over:
                label = str(_("Waiting for %(who)s", who=self.current.initials))
            if over and number == stop:
                steps.append(Step(str(self.state.label), self.state_since, "stopped"))
            elif number < stop or self.state is RequestState.CLOSED:
                steps.append(Step(label, reached.get(step), "done"))
            else:
                steps.append(Step(label, reached.get(step), "now" if number == stop else "todo"))
        return steps

    def _reached(self) -> dict[RequestState, datetime]:
        first: dict[RequestState, datetime] = {}
        for event in reversed(self.events):
            step = _STEP_OF.get(event.kind)
            if step is not None and step not in first:
                first[step] = event.at
        return first


_STEP_OF = {
    EventKind.REQUESTED: RequestState.REQUESTED,
    EventKind.APPROVED: RequestState.APPROVED,
    EventKind.ASKED: RequestState.WAITING,
    EventKind.ACCEPTED: RequestState.SCHEDULED,
    EventKind.HELD: RequestState.HELD,
    EventKind.CLOSED: RequestState.CLOSED,
}
