"""Small files that tests hand in."""

from __future__ import annotations

import io

from PIL import Image

PDF = (
    b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n2 0 obj << /Type /Pages /Kids [] /Count 0 >> endobj\n"
    b"trailer << /Root 1 0 R >>\n%%EOF\n"
)


def image(form: str = "PNG", *, gps: bool = False) -> bytes:
    """An image of 60 by 40 pixels; with `gps` it lies on its side and says where, when and with what it was taken."""
    picture, sink, more = Image.new("RGB", (60, 40), (90, 60, 210)), io.BytesIO(), {}
    if gps:
        exif = Image.Exif()
        exif[0x0112], exif[0x010F] = 6, "Leica"
        exif.get_ifd(0x8825)[1] = "N"
        exif.get_ifd(0x8825)[2] = (48.0, 51.0, 29.0)
        exif[0x9286] = "secret"
        more = {"exif": exif.tobytes()}
    picture.save(sink, form, **more)
    return sink.getvalue()
