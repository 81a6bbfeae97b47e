"""Receipts carry the fields of ISO/IEC TS 27560 and a signature that can be checked offline."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from portal.clock import now
from portal.consent import consents, receipts
from portal.consent.scopes import SAME_INDUSTRY
from portal.database.refusal import NotFound
from tests.consent.expiring import expire_due
from tests.consented import Known

SECRET = "a-secret-of-the-installation-0123456789"
BASE = "https://advocates.example.com"


def a_receipt(db: Session, who: Known, *, company_name_ok: bool = False) -> dict[str, object]:
    (event,) = consents.give(db, who.id, [SAME_INDUSTRY], by=who.actor, company_name_ok=company_name_ok)
    return receipts.receipt(db, event.id, secret=SECRET, base_url=BASE)


def test_a_receipt_holds_what_the_standard_asks_for(db: Session, ana: Known) -> None:
    content = a_receipt(db, ana)["receipt"]
    assert set(content["receipt_metadata"]) == {"schema_version", "receipt_id", "pii_principal_id"}  # type: ignore[index]
    record = content["consent_record"]  # type: ignore[index]
    assert set(record) == {"schema_version", "record_id", "pii_principal_id", "pii_processing", "event"}
    processing = record["pii_processing"][0]
    assert set(processing) == {"privacy_notice", "language", "purposes", "party_identification"}
    assert set(processing["purposes"][0]) >= {
        "purpose",
        "purpose_type",
        "lawful_basis",
        "pii_information",
        "pii_controllers",
        "collection_method",
        "processing_method",
        "storage_locations",
        "retention_period",
        "withdrawal_method",
        "privacy_rights",
    }
    event = record["event"][0]
    assert (event["event_state"], event["event_type"], event["channel"]) == ("consent given", "explicit", "portal")
    assert event["entity_id"] == record["pii_principal_id"]
    assert processing["purposes"][0]["purpose"] == "reference_call:live:same_industry"


def test_a_receipt_names_nobody(db: Session, ana: Known) -> None:
    written = json.dumps(a_receipt(db, ana))
    assert "Mitchell" not in written
    assert "harbor" not in written.lower()


def test_the_company_name_stands_in_it_only_where_it_may_be_shown(db: Session, ana: Known) -> None:
    assert '"company name"' not in json.dumps(a_receipt(db, ana))
    assert '"company name"' in json.dumps(a_receipt(db, ana, company_name_ok=True))


def test_an_unchanged_receipt_is_found_good_also_after_the_key_was_rotated(db: Session, ana: Known) -> None:
    document = json.loads(json.dumps(a_receipt(db, ana)))
    assert receipts.verify(document, [SECRET])
    assert receipts.verify(document, ["the-new-key-of-the-installation-0123", SECRET])
    assert not receipts.verify(document, ["the-new-key-of-the-installation-0123"])


def test_a_changed_receipt_is_found_out(db: Session, ana: Known) -> None:
    document = a_receipt(db, ana)
    for path in (("receipt", "receipt_metadata", "receipt_id"), ("signature", "value"), ("signature", "key_id")):
        forged = copy.deepcopy(document)
        part = forged
        for step in path[:-1]:
            part = part[step]  # type: ignore[assignment]
        part[path[-1]] = "AAAA"
        assert not receipts.verify(forged, [SECRET])
    for broken in (
        {},
        {"signature": None},
        {**document, "receipt": None},
        {"signature": {"public_key": 3, "value": 4}},
    ):
        assert not receipts.verify(broken, [SECRET])


def test_somebody_elses_key_signs_nothing_of_ours(db: Session, ana: Known) -> None:
    document = a_receipt(db, ana)
    forged = receipts.sign(document["receipt"], "another-installation")  # type: ignore[arg-type]
    assert not receipts.verify(forged, [SECRET])


def test_the_end_of_a_consent_has_a_receipt_too(db: Session, ana: Known, at: Callable[[str], None]) -> None:
    a_receipt(db, ana)
    (withdrawn,) = consents.withdraw(db, ana.id, by=ana.actor)
    event = receipts.record(db, withdrawn.id, base_url=BASE)["consent_record"]["event"][0]
    assert (event["event_state"], event["validity_duration"]) == ("consent withdrawn", None)
    consents.give(db, ana.id, [SAME_INDUSTRY], by=ana.actor)
    at((now(db) + timedelta(days=366)).isoformat())
    expire_due(db)
    last = consents.live_scopes(db, ana.id)
    assert last == []
    ended = receipts.record(db, _newest(db), base_url=BASE)["consent_record"]["event"][0]
    assert (ended["event_state"], ended["event_type"], ended["entity_id"]) == ("consent expired", "automatic", None)


def _newest(db: Session) -> int:
    return int(db.connection().exec_driver_sql("SELECT max(id) FROM consent_event").scalar_one())


def test_a_missing_receipt_is_not_found(db: Session) -> None:
    with pytest.raises(NotFound):
        receipts.record(db, 1, base_url=BASE)
