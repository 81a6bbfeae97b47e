"""The program's terms and privacy notice: which version counts, and who accepted which."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from portal import audit
from portal.access.models import TermsAcceptance, TermsVersion
from portal.access.states import TermsKind
from portal.audit import Actor
from portal.clock import now
from portal.database.invariants import invariant
from portal.database.refusal import Conflict

_CHANGED: Final = _l("The terms have changed since you opened this page. Please read them again.")

invariant(
    "access.accepted_terms",
    "Whoever accepted an invitation accepted a version of the terms and of the privacy notice.",
    "SELECT i.id AS what FROM invitation i WHERE i.accepted_at IS NOT NULL AND (SELECT count(DISTINCT v.kind)"
    " FROM terms_acceptance a JOIN terms_version v ON v.id = a.terms_version_id WHERE a.person_id = i.person_id) < 2",
)


def in_force(session: Session, locale: str = "en") -> list[TermsVersion]:
    """The newest version of the terms and of the privacy notice, in the locale or in English."""
    wanted = (
        select(TermsVersion)
        .where(TermsVersion.locale.in_({locale, "en"}))
        .ext(distinct_on(TermsVersion.kind))
        .order_by(TermsVersion.kind.desc(), (TermsVersion.locale == locale).desc(), TermsVersion.version.desc())
    )
    return list(session.scalars(wanted))


def text_of(session: Session, kind: TermsKind, locale: str = "en") -> TermsVersion:
    """The text in force of one kind."""
    return next(version for version in in_force(session, locale) if version.kind is kind)


def accept(session: Session, person_id: int, version_ids: Collection[int], *, locale: str = "en") -> None:
    """Note that a person accepted these versions. Refuses `Conflict` unless they are the ones in force."""
    current = {version.id for version in in_force(session, locale)}
    if set(version_ids) != current:
        raise Conflict(_CHANGED)
    at = now(session)
    rows = [{"person_id": person_id, "terms_version_id": version, "accepted_at": at} for version in sorted(current)]
    session.execute(insert(TermsAcceptance).values(rows).on_conflict_do_nothing())
    audit.record(session, "terms.accept", f"person:{person_id}", by=Actor(person_id), versions=sorted(current))
