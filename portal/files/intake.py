"""What becomes of a file that is handed in before it is kept: its kind by its content, checked, images drawn anew."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import IO, Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.database.refusal import Invalid
from portal.files import recode

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a file; a body that brings one is a little larger at most (`LARGEST_BODY`)."""
LARGEST_BODY: Final = 10 * 1024 * 1024
LONGEST_NAME: Final = 100
_AT_ONCE: Final = BoundedSemaphore(2)
"""Images that one web process draws at a time: each may take `recode.MEMORY`."""
_PATIENCE: Final = 20.0
_BROKEN_NAME: Final = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\"<>|:*?\\/]")
_ACTIVE: Final = (b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"<script", b"<html", b"<!doctype html")
"""In a PDF: what runs, or hides another file. Found where it stands plainly; for the rest there is the sandbox."""
_TAIL: Final = 2048

_TOO_LARGE: Final = _l("A file has at most %(most)s MB.", most=LARGEST // (1024 * 1024))
_EMPTY: Final = _l("This file is empty.")
_NOT_AN_IMAGE: Final = _l("This image cannot be read. Save it anew and try again.")
_NOT_A_PDF: Final = _l("This PDF is damaged. Save it anew and try again.")
_ACTIVE_PDF: Final = _l("This PDF holds scripts or other files. Print it into a new PDF and hand that in.")
_REFUSED: Final = {
    "animated": _l("Moving images are not taken. Save it as a still one."),
    "pixels": _l("This image has too many pixels: at most 40 million."),
}


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that is taken."""

    family: str
    media_type: str
    suffix: str


JPEG: Final = Format("image", "image/jpeg", ".jpg")
PNG: Final = Format("image", "image/png", ".png")
WEBP: Final = Format("image", "image/webp", ".webp")
PDF: Final = Format("pdf", "application/pdf", ".pdf")
FORMATS: Final = (JPEG, PNG, WEBP, PDF)
FAMILIES: Final[dict[str, LazyString]] = {"image": _l("Images (JPEG, PNG, WebP)"), "pdf": _l("PDF")}
"""What a manager may let people hand in."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file as it may be kept."""

    name: str
    media_type: str
    content: bytes


def take(stream: IO[bytes], name: str, families: tuple[str, ...]) -> Taken:
    """A file as it may be kept, whatever its name or its sender say it is; `families` are those that are wanted.

    Refuses (`Invalid`) what is empty, too large, of another kind, damaged, animated or active.
    """
    content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Invalid(_TOO_LARGE, field="file")
    if not content:
        raise Invalid(_EMPTY, field="file")
    form = _format_of(content)
    if form is None or form.family not in families:
        wanted = ", ".join(str(FAMILIES[family]) for family in families)
        raise Invalid(_l("This is not a file that is taken here: %(wanted)s.", wanted=wanted), field="file")
    if form is PDF:
        _must_be_passive(content)
    else:
        content = _drawn(content)
    return Taken(_named(name, form), form.media_type, content)


def _format_of(content: bytes) -> Format | None:
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    return PDF if re.match(rb"%PDF-[12]\.[0-9]", content) else None


def _must_be_passive(content: bytes) -> None:
    if b"%%EOF" not in content[-_TAIL:]:
        raise Invalid(_NOT_A_PDF, field="file")
    small = content.lower()
    if any(sign.lower() in small for sign in _ACTIVE):
        raise Invalid(_ACTIVE_PDF, field="file")


def _drawn(content: bytes) -> bytes:
    """The image drawn anew by a child process; whatever happens there is its own end."""
    order = [sys.executable, "-I", str(Path(recode.__file__).resolve())]
    try:
        with _AT_ONCE:
            child = subprocess.run(order, input=content, capture_output=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise Invalid(_NOT_AN_IMAGE, field="file") from None
    if child.returncode == recode.REFUSED:
        raise Invalid(_REFUSED.get(child.stderr.decode(errors="replace"), _NOT_AN_IMAGE), field="file")
    if child.returncode != 0 or not child.stdout:
        raise Invalid(_NOT_AN_IMAGE, field="file")
    if len(child.stdout) > 2 * LARGEST:
        raise Invalid(_TOO_LARGE, field="file")
    return child.stdout


def _named(given: str, form: Format) -> str:
    """The last part of a name without what no file system or header takes, and with the suffix of its kind."""
    last = re.split(r"[\\/]", given)[-1].strip()
    stem = _BROKEN_NAME.sub("", last.rpartition(".")[0] if "." in last else last).strip(" .")
    return f"{stem[: LONGEST_NAME - 5] or 'file'}{form.suffix}"
