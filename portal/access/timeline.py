"""How somebody came in: nominations, invitations, terms, roles; never when or where they sign in."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Row, Select, Text, cast, literal

from portal.access.models import Invitation, Nomination, TermsAcceptance, TermsVersion
from portal.access.states import NominationState, TermsKind
from portal.audit import AuditEntry
from portal.people.states import Role
from portal.people.timeline import Chapter, Told, line, public, source

_KEPT: Final = {
    "person.add": (_l("Made known"), "user-plus"),
    "role.grant": (_l("Became %(role)s"), "user-check"),
    "role.revoke": (_l("Is no longer %(role)s"), "minus"),
    "person.suspend": (_l("Suspended"), "ban"),
    "person.readmit": (_l("Let in again"), "user-check"),
}
"""Of the record only what managers do themselves."""


def _nominated(person: ColumnElement[int]) -> Select[Any]:
    made = line(
        Nomination.created_at,
        Nomination.id,
        note=Nomination.reason,
        by=Nomination.nominated_by,
        ref=Nomination.public_id,
    )
    return made.where(Nomination.person_id == person)


def _decided(person: ColumnElement[int]) -> Select[Any]:
    made = line(
        Nomination.decided_at,
        Nomination.id,
        word=Nomination.state,
        note=Nomination.note,
        by=Nomination.decided_by,
        ref=Nomination.public_id,
    )
    return made.where(Nomination.person_id == person, Nomination.decided_at.is_not(None))


def _invited(person: ColumnElement[int]) -> Select[Any]:
    made = line(
        Invitation.created_at, Invitation.id, word=Invitation.role, note=Invitation.address, by=Invitation.created_by
    )
    return made.where(Invitation.person_id == person)


def _accepted(person: ColumnElement[int]) -> Select[Any]:
    made = line(Invitation.accepted_at, Invitation.id, word=Invitation.role, by=Invitation.person_id)
    return made.where(Invitation.person_id == person, Invitation.accepted_at.is_not(None))


def _agreed(person: ColumnElement[int]) -> Select[Any]:
    made = line(
        TermsAcceptance.accepted_at,
        TermsVersion.id,
        word=TermsVersion.kind,
        amount=TermsVersion.version,
        by=TermsAcceptance.person_id,
    )
    of_whom = TermsAcceptance.person_id == person
    return made.join(TermsVersion, TermsVersion.id == TermsAcceptance.terms_version_id).where(of_whom)


def _recorded(person: ColumnElement[int]) -> Select[Any]:
    role = AuditEntry.details["role"].astext
    made = line(AuditEntry.at, AuditEntry.id, word=AuditEntry.action, title=role, by=AuditEntry.actor_id)
    subject = literal("person:").concat(cast(person, Text))
    return made.where(AuditEntry.subject == subject, AuditEntry.action.in_(list(_KEPT)))


@source("access.nominated", Chapter.JOINING, _nominated)
def _tell_nominated(row: Row[Any]) -> Told:
    return Told(_l("Nominated"), row.note, "hand-heart", href=public("/admin/nominations", row.ref))


@source("access.decided", Chapter.JOINING, _decided)
def _tell_decided(row: Row[Any]) -> Told:
    approved = row.word == NominationState.APPROVED
    title = _l("Nomination approved") if approved else _l("Nomination not approved")
    href = public("/admin/nominations", row.ref)
    return Told(title, row.note, "check" if approved else "minus", "ok" if approved else "brand", href)


@source("access.invited", Chapter.JOINING, _invited)
def _tell_invited(row: Row[Any]) -> Told:
    return Told(_("Invited as %(role)s", role=Role(row.word).label), row.note, "mail")


@source("access.joined", Chapter.JOINING, _accepted)
def _tell_accepted(row: Row[Any]) -> Told:
    return Told(_("Joined as %(role)s", role=Role(row.word).label), None, "user-check", "ok")


@source("access.terms", Chapter.JOINING, _agreed)
def _tell_agreed(row: Row[Any]) -> Told:
    said = _("Accepted: %(text)s, version %(n)s", text=TermsKind(row.word).label, n=row.amount)
    return Told(said, None, "file-text")


@source("access.record", Chapter.JOINING, _recorded)
def _tell_recorded(row: Row[Any]) -> Told:
    words, icon = _KEPT[row.word]
    known = row.title in set(Role)
    title = str(words) % {"role": Role(row.title).label if known else ""}
    return Told(title, None, icon, "bad" if row.word == "person.suspend" else "brand")
