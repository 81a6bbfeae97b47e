"""Structured log lines with a request id; no secrets, no personal data."""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from flask import Flask, Response, g, request

from portal.database.refusal import Refusal
from portal.settings import Settings
from portal.web.visitor import visitor_if_known

_SECRET_KEYS: Final = re.compile(r"token|secret|password|cookie|authorization|code$|address|email", re.IGNORECASE)
_MAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,255}")
_LONG: Final = re.compile(r"[A-Za-z0-9_-]{40,}")
_ROW: Final = re.compile(r"(DETAIL:).*?(?=\n\S|\Z)", re.DOTALL)
"""What PostgreSQL says of a row that it refuses: all of its values."""
_DENIALS: Final = frozenset({403, 404, 429})


def redact(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out what must not be in a log: secrets by the name of the key or their shape, addresses, line breaks."""
    for key, value in line.items():
        line[key] = _clean(key, value)
    return line


def _clean(key: str, value: Any) -> Any:
    if _SECRET_KEYS.search(key):
        return "[removed]"
    if isinstance(value, dict):
        return {str(inner): _clean(str(inner), each) for inner, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(key, each) for each in value]
    if not isinstance(value, str):
        return value
    text = _LONG.sub("[removed]", _MAIL.sub("[address]", value))
    return _ROW.sub(r"\1 [removed]", text) if key == "exception" else text.replace("\r", "\\r").replace("\n", "\\n")


def note_refusal(refusal: Refusal) -> None:
    """Let the line of this request say what was refused: as `denied` where somebody may not or tries too often."""
    g.refused = type(refusal).__name__ + (f": {refusal.field}" if refusal.field else "")
    if refusal.status in _DENIALS:
        g.denied = g.get("denied") or type(refusal).__name__


def configure(settings: Settings) -> None:
    """JSON lines in production, readable ones elsewhere, to standard error."""
    final: Any = (
        structlog.processors.JSONRenderer()
        if settings.env == "production"
        else structlog.processors.LogfmtRenderer(sort_keys=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            final,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level.upper())),
        logger_factory=lambda *_names: structlog.PrintLogger(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)


def init_app(app: Flask) -> None:
    """Give each request an id, and one line when it ends."""

    @app.before_request
    def begin() -> None:
        g.request_id = uuid.uuid4().hex
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        if request.endpoint in {"static", "web.stylesheet", "web.healthz"}:
            return response
        visitor = visitor_if_known()
        log = structlog.get_logger("portal.request")
        write = log.warning if response.status_code >= 500 else log.info
        write(
            "request",
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
            actor=visitor.person_id if visitor else None,
            denied=g.get("denied"),
            refused=g.get("refused"),
        )
        response.headers["X-Request-Id"] = g.get("request_id", "")
        return response
