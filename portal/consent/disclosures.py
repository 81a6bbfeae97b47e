"""The log of disclosures: which contact data of whom reached whom, under which consent (trust.md, Consent)."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent.models import ConsentCurrent, ConsentEvent, Disclosure
from portal.database.refusal import Gone


def record(
    session: Session, person_id: int, *, to_person_id: int, fields: Sequence[str], scope: str, subject: str
) -> Disclosure:
    """Note that `fields` (`name`, `email`, …) of a person are shown to another, for `subject` (`assignment:4`).

    Call it in the transaction that hands the data out. Noting the same again changes nothing.
    Refuses `Gone` where the consent for `scope` has ended or its time is up: then nothing may be shown.
    """
    live = select(ConsentEvent.id, ConsentEvent.at).join(ConsentCurrent, ConsentCurrent.event_id == ConsentEvent.id)
    live = live.where(
        ConsentCurrent.person_id == person_id,
        ConsentCurrent.scope == scope,
        ConsentCurrent.live,
        ConsentCurrent.valid_until > now(session),
    )
    event = session.execute(live).one_or_none()
    if event is None:
        raise Gone(_l("This person no longer agrees to be contacted."))
    shown = sorted(set(fields))
    earlier = session.scalar(
        select(Disclosure).where(
            Disclosure.person_id == person_id,
            Disclosure.to_person_id == to_person_id,
            Disclosure.subject == subject,
            Disclosure.fields == shown,
            Disclosure.consent_event_id == event.id,
        )
    )
    if earlier is not None:
        return earlier
    disclosure = Disclosure(
        person_id=person_id,
        to_person_id=to_person_id,
        fields=shown,
        consent_event_id=event.id,
        subject=subject,
        at=max(now(session), event.at),  # who waited for the lock began before the consent that they waited for
    )
    session.add(disclosure)
    session.flush()
    return disclosure
