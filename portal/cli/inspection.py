"""`portal config` and `portal verify-receipt`: what an operator asks without touching the database."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from portal.cli.installation import load_settings
from portal.consent import receipts
from portal.settings import Settings

_LARGEST_RECEIPT: Final = 1_000_000
_HIDDEN: Final = "(hidden)"
_PASSWORD: Final = re.compile(r"(://[^:]*:).*(?=@)|(\bpassword=|\bsslpassword=)[^&]*", re.IGNORECASE | re.DOTALL)
"""In an address: all from the first colon to the last @, since passwords are not always escaped as they should be."""


@click.command()
def config() -> None:
    """Print the settings in effect and where each comes from.

    Keys and passwords are not shown. Ends with 1 and a sentence for each setting that production would refuse.
    """
    settings = load_settings()
    rows = list(_rows(settings))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, source in rows:
        click.echo(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {source}")
    settings.check()


def _rows(settings: Settings) -> Iterator[tuple[str, str, str]]:
    given = {name.upper() for name in os.environ}
    for field, described in Settings.model_fields.items():
        name = str(described.validation_alias)
        source = "environment" if name in given else _default_source(name, settings)
        yield name, _shown(name, getattr(settings, field)), source


def _default_source(name: str, settings: Settings) -> str:
    if name == "DATABASE_URL":
        return f"default: a PostgreSQL of its own in {settings.instance / 'postgresql'}"
    if name == "SECRET_KEY" and settings.env != "production":
        return f"default: made once, kept in {settings.instance / 'secret_key'}"
    if name == "MAIL_URL":
        return f"default: mail is kept in {settings.instance / 'mail'}"
    return "default"


def _shown(name: str, value: object) -> str:
    if value in (None, []):
        return "none"
    if name in {"SECRET_KEY", "SECRET_KEY_FALLBACKS"}:
        return f"{len(value)} keys {_HIDDEN}" if isinstance(value, list) else _HIDDEN
    if name in {"DATABASE_URL", "MAIL_URL"}:
        return _without_password(str(value))
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _without_password(address: str) -> str:
    return _PASSWORD.sub(lambda found: f"{found[1] or found[2]}{_HIDDEN}", address)


@click.command("verify-receipt")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify_receipt(file: Path) -> None:
    """Say whether a consent receipt is what this installation handed out.

    FILE is the receipt as it was downloaded: one changed byte, and it is refused with 1. Former keys count while they
    are in SECRET_KEY_FALLBACKS.
    """
    settings = load_settings()
    if settings.secret_key is None and not (settings.instance / "secret_key").exists():
        raise click.ClickException(
            "There is no key to check it with: set SECRET_KEY to that of the installation that handed it out."
        )
    with file.open("rb") as stream:
        content = stream.read(_LARGEST_RECEIPT + 1)
    if len(content) > _LARGEST_RECEIPT or not receipts.is_unchanged(content, settings.signing_keys):
        raise click.ClickException(
            "This is no receipt of this installation, or it is not as it was downloaded. If the secret key has been"
            " changed since, name the former one in SECRET_KEY_FALLBACKS."
        )
    said = json.loads(content)["receipt"]["consent_record"]
    event, (purpose,) = said["event"][0], said["pii_processing"][0]["purposes"]
    click.echo(
        f"The receipt {said['record_id']} is genuine and unchanged: {event['event_state']} for {purpose['purpose']}"
        f" by {said['pii_principal_id']}, {event['event_time']}."
    )


COMMANDS: Final = (config, verify_receipt)
