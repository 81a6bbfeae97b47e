"""What is taken of the files that people send: by content, drawn anew, and nothing that runs or swells."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator

import pytest
from flask_babel import force_locale
from PIL import Image, PngImagePlugin

from portal.database.refusal import Invalid
from portal.files import intake, store
from portal.files.intake import LARGEST, Taken, take
from portal.web.app import Portal
from tests.pictures import PDF, image

BOTH = ("image", "pdf")


@pytest.fixture(autouse=True)
def in_english(app: Portal) -> Iterator[None]:
    with app.app_context(), force_locale("en"):
        yield


def taken(content: bytes, name: str = "photo.jpg", families: tuple[str, ...] = BOTH) -> Taken:
    return take(io.BytesIO(content), name, families)


def png_of(width: int, height: int, rows: int | None = None) -> bytes:
    """A PNG that says how large it is, and is small; with `rows` it holds no more than those."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    row = b"\0" + b"\0" * ((width + 7) // 8)
    squeezed = zlib.compressobj(9)
    packed = b"".join(squeezed.compress(row) for _ in range(height if rows is None else rows)) + squeezed.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def animated(form: str) -> bytes:
    sink = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), shade) for shade in ("red", "blue", "green")]
    frames[0].save(sink, form, save_all=True, append_images=frames[1:])
    return sink.getvalue()


def archive() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/workbook.xml", b"0" * 1_000_000)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("form", "media_type", "suffix"),
    [("JPEG", "image/jpeg", "jpg"), ("PNG", "image/png", "png"), ("WEBP", "image/webp", "webp")],
)
def test_an_image_is_drawn_anew_without_what_it_tells_besides(form: str, media_type: str, suffix: str) -> None:
    found = taken(image(form, gps=True), "IMG 1.heic")
    assert (found.media_type, found.name) == (media_type, f"IMG 1.{suffix}")
    with Image.open(io.BytesIO(found.content)) as drawn:
        assert drawn.size == (40, 60), "upright, as the camera meant it"
        assert not drawn.getexif()
        assert not {"exif", "xmp", "comment", "icc_profile", "Comment"} & set(drawn.info)
    for told in (b"Exif", b"GPS", b"secret", b"Leica"):
        assert told not in found.content


def test_a_picture_keeps_what_is_seen_through_and_large_ones_become_smaller() -> None:
    sink = io.BytesIO()
    Image.new("RGBA", (20, 10), (255, 0, 0, 10)).save(sink, "PNG")
    with Image.open(io.BytesIO(taken(sink.getvalue()).content)) as drawn:
        assert drawn.getpixel((3, 3)) == (255, 0, 0, 10)
    with Image.open(io.BytesIO(taken(png_of(6000, 3000)).content)) as drawn:
        assert drawn.size == (4096, 2048)


HOSTILE = {
    "nothing": (b"", "empty"),
    "too large by one": (image("PNG") + b"\0" * (LARGEST + 1 - len(image("PNG"))), "at most 8 MB"),
    "SVG with script": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not a file"),
    "SVG behind a BOM": (b"\xef\xbb\xbf<?xml version='1.0'?><svg onload='alert(1)'/>", "not a file"),
    "HTML": (b"<!doctype html><script>alert(1)</script>", "not a file"),
    "text": (b"Just words.", "not a file"),
    "GIF and JS": (b"GIF89a=1;alert(1)//" + b"\0" * 100, "not a file"),
    "moving GIF": (animated("GIF"), "not a file"),
    "ZIP": (archive(), "not a file"),
    "program": (b"\x7fELF" + b"\0" * 100, "not a file"),
    "shell": (b"#!/bin/sh\nid\n", "not a file"),
    "PostScript": (b"%!PS-Adobe-3.0\n(%%EOF)", "not a file"),
    "TIFF": (b"II*\0" + b"\0" * 100, "not a file"),
    "BMP": (b"BM" + b"\0" * 100, "not a file"),
    "moving PNG": (animated("PNG"), "Moving images"),
    "moving WebP": (animated("WEBP"), "Moving images"),
    "only the first bytes of a PNG": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "cannot be read"),
    "only the first bytes of a JPEG": (b"\xff\xd8\xff\xe0" + b"<?php system($_GET[1]); ?>", "cannot be read"),
    "only the first bytes of a WebP": (b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 50, "cannot be read"),
    "half a JPEG": (image("JPEG")[:300], "cannot be read"),
    "PNG that is another thing": (b"\x89PNG\r\n\x1a\n" + image("JPEG"), "cannot be read"),
    "flood of pixels": (png_of(50_000, 50_000, 10), "too many pixels"),
    "PDF without an end": (PDF[:-6], "damaged"),
    "PDF with HTML": (PDF.replace(b"\n1 0 obj", b"\n<html><script>alert(1)</script>\n1 0 obj"), "scripts"),
    "PDF with JavaScript": (PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /JavaScript /JS (x) >>"), "scripts"),
    "PDF that starts a program": (PDF.replace(b"/Catalog", b"/Catalog /AA << /S /Launch >>"), "scripts"),
    "PDF with a file in it": (PDF.replace(b"/Catalog", b"/Catalog /Names << /EmbeddedFiles 3 0 R >>"), "scripts"),
    "something before the PDF": (b"<html>" + PDF, "not a file"),
}


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_hostile_files_are_refused_with_a_sentence(what: str) -> None:
    content, said = HOSTILE[what]
    with pytest.raises(Invalid, match=said) as refused:
        taken(content, "photo.png")
    assert refused.value.field == "file"


def test_what_is_hidden_behind_an_image_is_gone() -> None:
    for form in ("JPEG", "PNG", "WEBP"):
        polyglot = image(form) + b"<script>alert(1)</script><?php system('id'); ?>PK\x03\x04"
        found = taken(polyglot)
        assert b"<script>" not in found.content
        assert b"<?php" not in found.content
    sink, told = io.BytesIO(), PngImagePlugin.PngInfo()
    told.add_text("Comment", "<script>alert(1)</script>")
    told.add_itxt("bomb", "0" * 500_000, zip=True)
    Image.new("RGB", (8, 8)).save(sink, "PNG", pnginfo=told, icc_profile=b"0" * 200_000)
    assert len(taken(sink.getvalue()).content) < 1000


def test_a_bomb_ends_in_its_own_process_and_soon() -> None:
    began = time.monotonic()
    with pytest.raises(Invalid, match="too many pixels"):
        taken(png_of(8000, 6000))
    assert time.monotonic() - began < 10


def test_the_largest_that_is_taken_is_taken() -> None:
    padded = PDF[:-6] + b"%" + b" " * (LARGEST - len(PDF) - 1) + b"%%EOF\n"
    assert len(padded) == LARGEST
    assert taken(padded).content == padded


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\ana\\Case study.PDF", "Case study.pdf"),
        ("rates\u202efdp.exe", "ratesfdp.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie x=1.pdf"),
        ("", "file.pdf"),
        (".pdf", "file.pdf"),
        ("x" * 300 + ".pdf", "x" * 95 + ".pdf"),
        ("Überblick – März.pdf", "Überblick – März.pdf"),
        ('"><script>.pdf', "script.pdf"),
    ],
)
def test_a_name_keeps_only_what_every_system_takes(given: str, kept: str) -> None:
    assert taken(PDF, given).name == kept


def test_only_what_a_step_asks_for_is_taken() -> None:
    with pytest.raises(Invalid, match=r"Images \(JPEG, PNG, WebP\)"):
        taken(PDF, families=("image",))
    with pytest.raises(Invalid, match="PDF"):
        taken(image("PNG"), families=("pdf",))


def test_files_without_a_row_are_swept_once_they_are_not_new(tmp_path) -> None:  # type: ignore[no-untyped-def]
    import os

    kept, swept, new = (store.write(tmp_path, b"x") for _ in range(3))
    (tmp_path / "notes.txt").write_text("Not ours.")
    for name in (kept, swept):
        os.utime(tmp_path / str(name), (1, 1))
    assert store.forget_others(tmp_path, {kept}) == 1
    assert {path.name for path in tmp_path.iterdir()} == {str(kept), str(new), "notes.txt"}
    assert (tmp_path / str(kept)).stat().st_mode & 0o777 == 0o600
    assert intake.LARGEST < intake.LARGEST_BODY
