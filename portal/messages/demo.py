"""`/demo/mail`: the mails that did not leave, so that their links can be clicked; exists only in the demo."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Final

from flask import Blueprint, current_app, render_template
from flask_babel import gettext as _

from portal.database.refusal import NotFound
from portal.messages.mail import folder
from portal.web.headers import keep_secret
from portal.web.policy import open_to_all

bp = Blueprint("demo_mail", __name__)
bp.after_request(keep_secret)

_SHOWN: Final = 100
_NAME: Final = re.compile(r"[0-9A-Za-z-]{10,100}")
_LINK: Final = re.compile(r"(https?://[^\s<>]{1,500})")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that was written to a file."""

    name: str
    subject: str
    to: str
    at: datetime | None
    text: str

    @property
    def lines(self) -> list[list[tuple[str, bool]]]:
        """The text line by line, cut at its links: words, and whether they are a link."""
        return [
            [(piece, bool(_LINK.fullmatch(piece))) for piece in _LINK.split(line) if piece]
            for line in self.text.splitlines()
        ]


@bp.get("/demo/mail")
@open_to_all(reason="the demo's own mailbox, with nobody's real mail; the route exists nowhere else")
def index() -> str:
    """The newest mails."""
    files = sorted(folder(current_app.config["PORTAL"]).glob("[0-9]*.eml"), reverse=True)
    letters = [_read(file) for file in files[:_SHOWN]]
    return render_template("messages/demo_mail.html", letters=letters, letter=None)


@bp.get("/demo/mail/<name>")
@open_to_all(reason="the demo's own mailbox, with nobody's real mail; the route exists nowhere else")
def show(name: str) -> str:
    """One mail."""
    file = folder(current_app.config["PORTAL"]) / f"{name}.eml"
    if not _NAME.fullmatch(name) or not file.is_file():
        raise NotFound(_("There is no such mail."))
    return render_template("messages/demo_mail.html", letters=[], letter=_read(file))


def _read(file: Path) -> Letter:
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    plain = mail.get_body(("plain",))
    return Letter(
        name=file.stem,
        subject=str(mail["Subject"]),
        to=str(mail["To"]),
        at=mail["Date"].datetime if mail["Date"] else None,
        text=plain.get_content() if plain else "",
    )
