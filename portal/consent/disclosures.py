"""The log of disclosures: which contact data of whom reached whom, under which consent (trust.md, Consent)."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent.models import ConsentCurrent, Disclosure
from portal.database.refusal import Gone


def record(
    session: Session, person_id: int, *, to_person_id: int, fields: Sequence[str], scope: str, subject: str
) -> Disclosure:
    """Note that `fields` (`name`, `email`, …) of a person are shown to another, for `subject` (`assignment:4`).

    Call it in the transaction that hands the data out. Noting the same again changes nothing.
    Refuses `Gone` where the consent for `scope` has ended or its time is up: then nothing may be shown.
    """
    live = select(ConsentCurrent.event_id).where(
        ConsentCurrent.person_id == person_id,
        ConsentCurrent.scope == scope,
        ConsentCurrent.live,
        ConsentCurrent.valid_until > now(session),
    )
    event_id = session.scalar(live)
    if event_id is None:
        raise Gone(_l("This person no longer agrees to be contacted."))
    shown = sorted(set(fields))
    earlier = session.scalar(
        select(Disclosure).where(
            Disclosure.person_id == person_id,
            Disclosure.to_person_id == to_person_id,
            Disclosure.subject == subject,
            Disclosure.fields == shown,
            Disclosure.consent_event_id == event_id,
        )
    )
    if earlier is not None:
        return earlier
    disclosure = Disclosure(
        person_id=person_id, to_person_id=to_person_id, fields=shown, consent_event_id=event_id, subject=subject
    )
    session.add(disclosure)
    session.flush()
    return disclosure
