"""The verbs on comment templates: made, changed, archived and brought back by managers."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.challenges.models import LONGEST_COMMENT, LONGEST_TITLE, CommentTemplate
from portal.challenges.states import Decision
from portal.clock import now
from portal.database.refusal import Invalid, LimitReached, NotFound, explain
from portal.people.states import MANAGERS

MOST: Final = 40
"""More than this nobody finds in a list."""
_SAME_TITLE: Final = _l("Another template has this title.")

explain("uq_comment_template_title", _SAME_TITLE)


def add(session: Session, title: str, words: str, *, by: Actor, decision: Decision | None = None) -> CommentTemplate:
    """Keep words for one decision, or for each. Refuses `NotAllowed` for all but managers, `Invalid` and
    `LimitReached` as `MOST` says."""
    by.require(*MANAGERS)
    _room(session)
    template = CommentTemplate(created_by=by.person_id)
    _describe(session, template, title, words, decision)
    session.add(template)
    session.flush()
    session.refresh(template, ["public_id"])
    audit.record(session, "comment_template.add", f"comment_template:{template.id}", by=by)
    return template


def change(
    session: Session, template_id: int, *, title: str, words: str, decision: Decision | None, by: Actor
) -> CommentTemplate:
    """Change a template; what was said with it before stays as it was said. Refuses as `add`, and `NotFound`."""
    by.require(*MANAGERS)
    template = _locked(session, template_id)
    before = (template.title, template.words, template.decision)
    with session.no_autoflush:
        _describe(session, template, title, words, decision)
    if before != (template.title, template.words, template.decision):
        session.flush()
        audit.record(session, "comment_template.change", f"comment_template:{template.id}", by=by)
    return template


def archive(session: Session, template_id: int, *, by: Actor) -> CommentTemplate:
    """Offer it no longer; again changes nothing. Refuses `NotAllowed` for all but managers, `NotFound`."""
    by.require(*MANAGERS)
    template = _locked(session, template_id)
    if template.archived_at is None:
        template.archived_at = now(session)
        session.flush()
        audit.record(session, "comment_template.archive", f"comment_template:{template.id}", by=by)
    return template


def bring_back(session: Session, template_id: int, *, by: Actor) -> CommentTemplate:
    """Offer it again; again changes nothing. Refuses as `add`: its title may be taken now."""
    by.require(*MANAGERS)
    _room(session, besides=template_id)
    template = _locked(session, template_id)
    if template.archived_at is not None:
        _is_free(session, template, template.title)
        template.archived_at = None
        session.flush()
        audit.record(session, "comment_template.return", f"comment_template:{template.id}", by=by)
    return template


def _room(session: Session, *, besides: int = 0) -> None:
    """Refuse one too many: whoever adds holds the lock on those there are, and counts when they have it."""
    offered = select(CommentTemplate.id).where(CommentTemplate.archived_at.is_(None), CommentTemplate.id != besides)
    session.execute(offered.order_by(CommentTemplate.id).with_for_update(key_share=True)).all()
    if session.scalars(select(func.count()).select_from(offered.subquery())).one() >= MOST:
        raise LimitReached(_l("There are %(most)s templates. Archive one that nobody uses.", most=MOST))


def _locked(session: Session, template_id: int) -> CommentTemplate:
    wanted = select(CommentTemplate).where(CommentTemplate.id == template_id).with_for_update(key_share=True)
    template = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if template is None:
        raise NotFound(_l("There is no such template."))
    return template


def _describe(session: Session, template: CommentTemplate, title: str, words: str, decision: Decision | None) -> None:
    clean, told = " ".join(title.split()), words.replace("\r\n", "\n").strip()
    for value, field, longest in ((clean, "title", LONGEST_TITLE), (told, "words", LONGEST_COMMENT)):
        if not value:
            raise Invalid(_l("This is needed."), field=field)
        if len(value) > longest:
            raise Invalid(_l("Write at most %(most)s characters.", most=longest), field=field)
    if template.archived_at is None:
        _is_free(session, template, clean)
    template.title, template.words, template.decision = clean, told, decision


def _is_free(session: Session, template: CommentTemplate, title: str) -> None:
    taken = select(CommentTemplate.id).where(
        CommentTemplate.archived_at.is_(None), func.lower(CommentTemplate.title) == func.lower(title)
    )
    if any(found != template.id for found in session.scalars(taken)):
        raise Invalid(_SAME_TITLE, field="title")
