"""Mail leaves here: by SMTP, or as files in the instance folder where no mail server is configured."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import structlog

from portal.clock import wall
from portal.database import in_transaction
from portal.settings import Settings

log = structlog.get_logger(__name__)

_PATIENCE: Final = 15.0
"""Seconds that a mail server may take to answer."""


class Unreachable(Exception):  # noqa: N818 -- an answer to the sender
    """The mail server does not take mail at the moment; try again later."""


class Undeliverable(Exception):  # noqa: N818
    """The mail server will never take this mail: the address is refused for good."""


def send(settings: Settings, mail: EmailMessage) -> None:
    """Hand over a mail. Raises `Unreachable` or `Undeliverable`; a programming error while a transaction is open."""
    if in_transaction():
        raise RuntimeError("mail must not be sent while a transaction is open (trust.md, ground rules)")
    if settings.mail_url is None:
        _write(folder(settings), mail)
        return
    try:
        _smtp(settings.mail_url, mail)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise (Undeliverable if all(code >= 500 for code in codes) else Unreachable)(str(codes)) from error
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail.unreachable", error=type(error).__name__)
        raise Unreachable(type(error).__name__) from error


def folder(settings: Settings) -> Path:
    """Where mail is written that does not leave."""
    return settings.instance / "mail"


def _smtp(url: str, mail: EmailMessage) -> None:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    trusted = ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=_PATIENCE, context=trusted)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=_PATIENCE)
    with server:
        server.ehlo()
        if parts.scheme != "smtps" and server.has_extn("starttls"):
            server.starttls(context=trusted)
            server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(mail)


def _write(target: Path, mail: EmailMessage) -> None:
    target.mkdir(parents=True, exist_ok=True)
    name = f"{wall():%Y%m%d-%H%M%S-%f}-{mail['Message-ID'].strip('<>').partition('@')[0]}.eml"
    scratch = target / f".{name}"
    scratch.write_bytes(bytes(mail))
    scratch.rename(target / name)
