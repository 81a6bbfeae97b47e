"""Receipts of consent: the fields of ISO/IEC TS 27560, signed, so that they can be checked without us."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from portal import program
from portal.consent.models import ConsentEvent, Kind, Notice
from portal.consent.scopes import SCOPES
from portal.database.refusal import NotFound
from portal.people.models import Person

SCHEMA: Final = "ISO/IEC TS 27560:2023"
_PURPOSE_OF_KEY: Final = b"advocate-portal consent receipt v1"
_WHAT: Final = {
    "reference_call": "call",
    "site_visit": "visit",
    "quote": "quote",
    "case_study": "case study",
    "speaking": "talk",
}
_STATES: Final = {Kind.GIVEN: "consent given", Kind.WITHDRAWN: "consent withdrawn", Kind.EXPIRED: "consent expired"}


def receipt(session: Session, event_id: int, *, secret: str, base_url: str) -> dict[str, Any]:
    """The signed receipt of one event. Refuses `NotFound`."""
    return sign(record(session, event_id, base_url=base_url), secret)


def record(session: Session, event_id: int, *, base_url: str) -> dict[str, Any]:
    """What the receipt says; people are named by their public ids only. Refuses `NotFound`."""
    actor = aliased(Person)
    found = session.execute(
        select(ConsentEvent, Notice, Person.public_id, actor.public_id)
        .join(Notice, Notice.id == ConsentEvent.notice_id)
        .join(Person, Person.id == ConsentEvent.person_id)
        .outerjoin(actor, actor.id == ConsentEvent.actor_id)
        .where(ConsentEvent.id == event_id)
    ).first()
    if found is None:
        raise NotFound(_l("There is no such receipt."))
    event, notice, person, by = found
    return {
        "receipt_metadata": {
            "schema_version": SCHEMA,
            "receipt_id": str(event.public_id),
            "pii_principal_id": str(person),
        },
        "consent_record": {
            "schema_version": SCHEMA,
            "record_id": str(event.public_id),
            "pii_principal_id": str(person),
            "pii_processing": [_processing(event, notice, program.current(session).name, base_url)],
            "event": [_event(event, by)],
        },
    }


def _processing(event: ConsentEvent, notice: Notice, controller: str, base_url: str) -> dict[str, Any]:
    return {
        "privacy_notice": {"version": notice.version, "sha256": notice.sha256, "text": notice.text},
        "language": notice.locale,
        "purposes": [
            {
                "purpose": event.scope,
                "purpose_type": SCOPES[event.scope].activity
                if event.scope in SCOPES
                else event.scope.partition(":")[0],
                "lawful_basis": "consent (GDPR Art. 6(1)(a))",
                "pii_information": _pii(event),
                "pii_controllers": [controller],
                "collection_method": "stated by the person in the portal",
                "processing_method": "shown to the program's sales team",
                "storage_locations": [base_url],
                "retention_period": "until consent ends; the record of consent is kept as proof",
                "recipient_third_parties": [],
                "withdrawal_method": f"{base_url}/references",
                "privacy_rights": f"{base_url}/privacy",
            }
        ],
        "party_identification": [
            {"party_id": base_url, "party_name": controller, "party_role": "PII controller", "party_url": base_url}
        ],
    }


def _pii(event: ConsentEvent) -> list[dict[str, str]]:
    what = _WHAT.get(event.scope.partition(":")[0], "request")
    before = ["initials", "role", "reference profile", "industry, size and country of the company"]
    if event.company_name_ok:
        before.append("company name")
    return [
        *({"pii_type": kind, "shown": f"before a {what} is accepted"} for kind in before),
        *(
            {"pii_type": kind, "shown": f"after a {what} is accepted, for this {what}"}
            for kind in ("name", "e-mail address")
        ),
    ]


def _event(event: ConsentEvent, by: object) -> dict[str, Any]:
    return {
        "event_id": str(event.public_id),
        "event_type": "explicit" if event.kind is not Kind.EXPIRED else "automatic",
        "event_state": _STATES[event.kind],
        "event_time": _instant(event.at),
        "validity_duration": _instant(event.valid_until) if event.valid_until else None,
        "entity_id": str(by) if by else None,
        "channel": event.channel.value,
    }


def sign(content: dict[str, Any], secret: str) -> dict[str, Any]:
    """The document that is handed out: the receipt and an Ed25519 signature over its canonical JSON."""
    key = _key(secret)
    public = _public(key.public_key())
    return {
        "receipt": content,
        "signature": {
            "algorithm": "Ed25519",
            "key_id": key_id(public),
            "public_key": _text(public),
            "value": _text(key.sign(_canonical(content))),
        },
    }


def text(document: dict[str, Any]) -> str:
    """The file that a person keeps, as it is downloaded."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def is_unchanged(file: bytes, secrets: Iterable[str]) -> bool:
    """Whether a file is, byte by byte, a receipt that was downloaded from this installation.

    Signing again gives the same bytes, so that nothing in it goes unread: spaces, keys twice, spare bits of base64.
    """
    try:
        document = json.loads(file)
        content = document["receipt"]
        return isinstance(content, dict) and any(text(sign(content, secret)).encode() == file for secret in secrets)
    except (KeyError, TypeError, ValueError, RecursionError):
        return False


def verify(document: dict[str, Any], secrets: Iterable[str]) -> bool:
    """Whether a receipt is unchanged and was signed with a key of this installation, present or former."""
    try:
        signature = document["signature"]
        public, value = _bytes(signature["public_key"]), _bytes(signature["value"])
        own = {_public(_key(secret).public_key()) for secret in secrets}
        if public not in own or signature["algorithm"] != "Ed25519" or signature["key_id"] != key_id(public):
            return False
        Ed25519PublicKey.from_public_bytes(public).verify(value, _canonical(document["receipt"]))
    except (KeyError, TypeError, ValueError, InvalidSignature):
        return False
    return True


def key_id(public: bytes) -> str:
    """The name of a public key: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def _key(secret: str) -> Ed25519PrivateKey:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE_OF_KEY).derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(derived)


def _public(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="seconds")


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode()


def _bytes(value: str) -> bytes:
    return base64.urlsafe_b64decode(value)
