"""Draws an image anew, in a process of its own with little memory and time: only its pixels are left.

Run as a script: the image comes in and goes out by pipes. An exit code of `REFUSED` says why in one word.
"""

from __future__ import annotations

import io
import resource
import sys
import warnings
from typing import Final

from PIL import Image, ImageOps

REFUSED: Final = 3
MOST_PIXELS: Final = 40_000_000
LONGEST_SIDE: Final = 4096
"""Pixels; what is larger is made smaller."""
MEMORY: Final = 512 * 1024 * 1024
SECONDS: Final = 10
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_SAVED: Final = {
    "JPEG": {"format": "JPEG", "quality": 88},
    "PNG": {"format": "PNG"},
    "WEBP": {"format": "WEBP", "quality": 88},
}


class RefusedError(Exception):
    """The image is not taken; its text is one word."""


def recode(content: bytes) -> bytes:
    """The image upright, in its format, and nothing else. Raises `RefusedError`, or what Pillow does."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error")
    with Image.open(io.BytesIO(content), formats=_FORMATS) as source:
        form = "JPEG" if source.format == "MPO" else source.format or ""
        if form != "JPEG" and getattr(source, "n_frames", 1) > 1:
            raise RefusedError("animated")
        if source.width * source.height > MOST_PIXELS:
            raise RefusedError("pixels")
        source.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        source.load()
        upright = ImageOps.exif_transpose(source)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    drawn = upright.convert("RGBA" if form != "JPEG" and upright.has_transparency_data else "RGB")
    clean = Image.new(drawn.mode, drawn.size)
    clean.paste(drawn)
    sink = io.BytesIO()
    clean.save(sink, **_SAVED[form])  # type: ignore[arg-type]
    return sink.getvalue()


def main() -> int:
    """Draw the image on standard input anew, on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        drawn = recode(sys.stdin.buffer.read())
    except (RefusedError, Image.DecompressionBombError, Image.DecompressionBombWarning) as refused:
        word = str(refused) if isinstance(refused, RefusedError) else "pixels"
        sys.stderr.write(word)
        return REFUSED
    sys.stdout.buffer.write(drawn)
    return 0


if __name__ == "__main__":
    sys.exit(main())
