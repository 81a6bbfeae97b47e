"""Background entry points: asks that nobody answered, calls that nobody confirmed."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal import jobs
from portal.references import answers, calls, pool, reminders


@jobs.task("references.expire_ask")
def expire_ask(session: Session, assignment_id: int) -> None:
    """Let one ask end whose time to answer is over."""
    answers.expire(session, assignment_id)


@jobs.periodic("references.expire_asks", cron="* * * * *")
def expire_asks(session: Session) -> None:
    """Give each overdue ask to a job of its own, in case its own one was lost."""
    for assignment_id in answers.overdue(session):
        jobs.defer(session, "references.expire_ask", assignment_id=assignment_id)


@jobs.task("references.remind_of_ask")
def remind_of_ask(session: Session, assignment_id: int) -> None:
    """Remind of one ask that is still open."""
    reminders.remind(session, assignment_id)


@jobs.periodic("references.remind_of_asks", cron="*/10 * * * *")
def remind_of_asks(session: Session) -> None:
    """Give each ask that has used half of its time to a job of its own."""
    for assignment_id in reminders.due(session):
        jobs.defer(session, "references.remind_of_ask", assignment_id=assignment_id)


@jobs.task("references.bring_call_to_mind")
def bring_call_to_mind(session: Session, assignment_id: int) -> None:
    """Remind both sides of one call that is near."""
    reminders.bring_to_mind(session, assignment_id)


@jobs.periodic("references.bring_calls_to_mind", cron="*/10 * * * *")
def bring_calls_to_mind(session: Session) -> None:
    """Give each call that begins within a day to a job of its own."""
    for assignment_id in reminders.calls_due(session):
        jobs.defer(session, "references.bring_call_to_mind", assignment_id=assignment_id)


@jobs.periodic("references.remind_of_calls", cron="7 * * * *")
def remind_of_calls(session: Session) -> None:
    """Ask reps whether calls whose date has passed took place."""
    calls.remind_due(session)


@jobs.periodic("references.count_pool", cron="*/5 * * * *")
def count_pool(session: Session) -> None:
    """Count the values of the whole pool, for the filters of a search that narrows nothing down."""
    pool.count_facets(session)
