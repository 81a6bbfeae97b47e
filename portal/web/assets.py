"""Our style sheets joined into one, and every static file under an address that changes with its content."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path
from typing import Final

from flask import Flask, Response, abort, has_request_context, make_response, request, url_for

_YEAR: Final = 365 * 24 * 3600


def slim(css: bytes) -> bytes:
    """A style sheet without comments and indentation; nothing else is touched."""
    return re.sub(rb"\n\s+", b"\n", re.sub(rb"/\*.*?\*/", b"", css, flags=re.DOTALL))


class Assets:
    """Reads the files at start; in development again whenever they changed."""

    def __init__(self, folder: Path, *, watch: bool) -> None:
        self.folder = folder
        self.watch = watch
        self._hashes: dict[str, tuple[int, str]] = {}
        self._urls: dict[tuple[str, str], str] = {}
        self._css: tuple[int, bytes, bytes] | None = None

    def css(self) -> tuple[bytes, bytes]:
        """All style sheets in the order of `css/order.txt`, plain and compressed."""
        names = [line.strip() for line in (self.folder / "css/order.txt").read_text().splitlines()]
        files = [self.folder / "css" / name for name in names if name and not name.startswith("#")]
        stamp = max(file.stat().st_mtime_ns for file in files) if self.watch or self._css is None else self._css[0]
        if self._css is None or self._css[0] != stamp:
            joined = slim(b"\n".join(file.read_bytes() for file in files))
            self._css = (stamp, joined, gzip.compress(joined, 9))
        return self._css[1], self._css[2]

    def url(self, name: str) -> str:
        """The address of a static file; `css/app.css` is the joined style sheet."""
        if self.watch or not has_request_context():
            return self._url(name)
        key = (request.script_root, name)
        if key not in self._urls:
            self._urls[key] = self._url(name)
        return self._urls[key]

    def _url(self, name: str) -> str:
        if name == "css/app.css":
            return url_for("web.stylesheet", v=hashlib.sha256(self.css()[0]).hexdigest()[:12])
        file = self.folder / name
        if name not in self._hashes or (self.watch and self._hashes[name][0] != file.stat().st_mtime_ns):
            self._hashes[name] = (file.stat().st_mtime_ns, hashlib.sha256(file.read_bytes()).hexdigest()[:12])
        return url_for("static", filename=name, v=self._hashes[name][1])

    def stylesheet(self) -> Response:
        """The joined style sheet."""
        plain, packed = self.css()
        if not plain:
            abort(404)
        zipped = "gzip" in request.headers.get("Accept-Encoding", "")
        response = make_response(packed if zipped else plain)
        response.mimetype = "text/css"
        if zipped:
            response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        return response


def init_app(app: Flask, *, watch: bool) -> None:
    """Give templates `asset(name)`."""
    assets = Assets(Path(app.static_folder or ""), watch=watch)
    app.extensions["assets"] = assets
    app.jinja_env.globals["asset"] = assets.url
