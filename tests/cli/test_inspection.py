"""`portal config` shows what is in effect and no secret; `portal verify-receipt` refuses one changed byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.cli import inspection
from portal.consent import receipts
from portal.settings import Settings
from tests.cli.asking import KEY, SAFE, Portal

RECEIPT = {
    "receipt_metadata": {"receipt_id": "7b0d6f0e", "pii_principal_id": "0b7a"},
    "consent_record": {
        "record_id": "7b0d6f0e",
        "pii_principal_id": "0b7a",
        "pii_processing": [
            {"privacy_notice": {"text": "Wir fragen dich, höchstens zweimal."}, "purposes": [{"purpose": "call:live"}]}
        ],
        "event": [{"event_state": "consent given", "event_time": datetime(2026, 3, 1, tzinfo=UTC).isoformat()}],
    },
}


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    """A receipt as it is downloaded."""
    file = tmp_path / "receipt.json"
    file.write_text(receipts.text(receipts.sign(RECEIPT, KEY)))
    return file


def test_a_receipt_as_it_was_downloaded_is_good(portal: Portal, receipt: Path) -> None:
    ended = portal("verify-receipt", str(receipt), SECRET_KEY=KEY)
    assert ended.code == 0, ended
    assert "7b0d6f0e is genuine and unchanged: consent given for call:live" in ended.out


def test_a_former_key_counts_while_it_is_named(portal: Portal, receipt: Path) -> None:
    new = KEY[::-1]
    portal("verify-receipt", str(receipt), SECRET_KEY=new).refused("SECRET_KEY_FALLBACKS")
    assert portal("verify-receipt", str(receipt), SECRET_KEY=new, SECRET_KEY_FALLBACKS=KEY).code == 0


def test_each_changed_byte_is_refused(receipt: Path) -> None:
    """Also a space, a spare bit at the end of a signature, a letter of the key's name."""
    good = receipt.read_bytes()
    assert receipts.is_unchanged(good, [KEY])
    for place in range(len(good)):
        for flip in (0x01, 0x20, 0x80):
            changed = bytearray(good)
            changed[place] ^= flip
            assert not receipts.is_unchanged(bytes(changed), [KEY]), place


def test_a_changed_byte_ends_the_command_with_1_and_a_sentence(portal: Portal, receipt: Path) -> None:
    receipt.write_bytes(receipt.read_bytes().replace(b"consent given", b"consent giveN"))
    portal("verify-receipt", str(receipt), SECRET_KEY=KEY).refused("not as it was downloaded")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"{}", b"\xff\xfe\x00", b'{"receipt": null}', b"[" * 100_000, b" " * 2_000_000],
    ids=["empty", "list", "null", "object", "bytes", "no receipt", "deep", "large"],
)
def test_what_is_no_receipt_is_refused(portal: Portal, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "something"
    file.write_bytes(content)
    portal("verify-receipt", str(file), SECRET_KEY=KEY).refused("no receipt of this installation")


def test_without_a_key_nothing_is_checked_and_none_is_made(portal: Portal, receipt: Path, tmp_path: Path) -> None:
    portal("verify-receipt", str(receipt)).refused("There is no key to check it with: set SECRET_KEY")
    assert not (tmp_path / "secret_key").exists()
    portal("verify-receipt", str(tmp_path / "nowhere.json")).refused("does not exist", code=2)


def test_config_names_every_setting_and_its_source(portal: Portal, tmp_path: Path) -> None:
    ended = portal("config", PORT="9000", DATABASE_URL=None)
    assert ended.code == 0, ended
    lines = {line.split()[0]: line for line in ended.out.splitlines()}
    assert set(lines) == {str(field.validation_alias) for field in Settings.model_fields.values()}
    assert lines["PORT"].split() == ["PORT", "9000", "environment"]
    assert lines["WEB_THREADS"].split() == ["WEB_THREADS", "8", "default"]
    assert lines["FLASK_DEBUG"].split() == ["FLASK_DEBUG", "off", "default"]
    assert str(tmp_path / "postgresql") in lines["DATABASE_URL"]
    assert str(tmp_path / "secret_key") in lines["SECRET_KEY"]
    assert not (tmp_path / "secret_key").exists()


def test_config_shows_no_secret(portal: Portal) -> None:
    ended = portal(
        "config",
        **{**SAFE, "SECRET_KEY_FALLBACKS": "former-one,former-two"},
        DATABASE_URL="postgresql://portal:hush@db.example.com/portal",
        MAIL_URL="smtp://mailer:hush@mail.example.com:587",
    )
    assert ended.code == 0, ended
    for secret in (KEY, "former", "hush"):
        assert secret not in ended.out
    assert "postgresql://portal:(hidden)@db.example.com/portal" in ended.out
    assert "2 keys (hidden)" in ended.out


@pytest.mark.parametrize(
    "address",
    [
        "smtp://me@example.com:hush@mail.example.com:587",
        "smtp://me:hu/sh@mail.example.com",
        "smtp://:hush@mail.example.com",
        "postgresql://db/portal?user=me&password=hush&sslmode=require",
        "postgresql://me:x@db/portal?sslpassword=hush",
    ],
)
def test_passwords_stay_hidden_however_they_are_written(address: str) -> None:
    shown = inspection._without_password(address)
    assert "hush" not in shown
    assert "hu/sh" not in shown
    assert "(hidden)" in shown


def test_config_ends_with_1_and_what_production_would_refuse(portal: Portal) -> None:
    ended = portal("config", **{**SAFE, "SECRET_KEY": "short"})
    ended.refused("SECRET_KEY is missing or weak")
    assert "PORTAL_ENV" in ended.out
    assert "short" not in ended.out


def test_a_receipt_reads_back_as_it_was_written(receipt: Path) -> None:
    assert json.loads(receipt.read_text())["receipt"] == RECEIPT
