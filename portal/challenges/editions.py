"""Editions of a challenge: what is offered never changes; what follows it is offered to those who begin later."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert, literal, select, update
from sqlalchemy.orm import Session, selectinload

from portal.challenges.models import Challenge, Stage
from portal.database.refusal import explain

explain("submission_edition", _l("Who has begun keeps the steps they began with."))
explain("response_edition", _l("This step belongs to another edition of the challenge. Reload the page."))

_COPIED: Final = ("challenge_id", "position", "kind", "title", "instructions", "points", "verification", "setup")


def offer(session: Session, challenge: Challenge) -> None:
    """Let the steps that were worked on be the next edition, and offer it; the challenge is locked."""
    following = (challenge.edition or 0) + 1
    on_the_bench = update(Stage).where(Stage.challenge_id == challenge.id, Stage.edition.is_(None))
    with session.no_autoflush:  # what the challenge says is written together with its edition
        session.execute(on_the_bench.values(edition=following), execution_options={"synchronize_session": False})
        _show(session, challenge, following)


def again(session: Session, challenge: Challenge) -> None:
    """Offer the same steps with other words: the next edition of a published challenge, which is locked."""
    following = (challenge.edition or 0) + 1
    with session.no_autoflush:  # as in `offer`
        _copy(session, challenge, following)
        _show(session, challenge, following)


def begin(session: Session, challenge: Challenge) -> None:
    """Put a copy of the steps that are offered on the workbench; the challenge is locked."""
    _copy(session, challenge, None)
    session.expire(challenge, ["workbench"])


def drop(session: Session, challenge: Challenge) -> None:
    """Clear the workbench of a published challenge, which is locked: what is offered stays."""
    session.execute(
        delete(Stage).where(Stage.challenge_id == challenge.id, Stage.edition.is_(None)),
        execution_options={"synchronize_session": False},
    )
    session.expire(challenge, ["workbench"])


def _copy(session: Session, challenge: Challenge, edition: int | None) -> None:
    columns = [getattr(Stage, name) for name in _COPIED]
    offered = select(*columns, literal(edition, Stage.edition.type))
    offered = offered.where(Stage.challenge_id == challenge.id, Stage.edition == challenge.edition)
    session.execute(insert(Stage).from_select([*_COPIED, "edition"], offered))


def _show(session: Session, challenge: Challenge, edition: int) -> None:
    challenge.edition = edition
    session.flush()
    steps = selectinload(Challenge.offered), selectinload(Challenge.workbench)
    wanted = select(Challenge).where(Challenge.id == challenge.id).options(*steps)
    session.scalars(wanted.execution_options(populate_existing=True)).one()
