"""Every error is a page that helps, with a reference to the log; never a stack trace."""

from __future__ import annotations

from typing import Final

import structlog
from flask import Flask, g, make_response, render_template, request
from flask.wrappers import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError

from portal.database import db
from portal.database.refusal import Refusal, TooManyTries
from portal.web import hx
from portal.web.logs import note_refusal

log = structlog.get_logger(__name__)

WORDS: Final = {
    400: (
        _l("That did not arrive whole"),
        _l("Something in the request cannot be read."),
        _l("Go back, reload the page and try again."),
    ),
    403: (
        _l("Not yours to open"),
        _l("Your role does not include this page."),
        _l("If it should, ask the program team."),
    ),
    404: (
        _l("Nothing here"),
        _l("This page does not exist, or it is not for you."),
        _l("Check the address, or start from your home page."),
    ),
    405: (_l("Not that way"), _l("This address is not opened like this."), _l("Start from your home page.")),
    409: (
        _l("That is no longer possible"),
        _l("It changed since you opened the page."),
        _l("Open it again to see how it stands."),
    ),
    410: (_l("This link is closed"), _l("It was used, withdrawn or has expired."), _l("Ask for a new one.")),
    413: (_l("That is too large"), _l("It is larger than we take."), _l("Send less at once.")),
    415: (
        _l("That cannot be read"),
        _l("Only forms are taken here."),
        _l("Go back, reload the page and try again."),
    ),
    422: (
        _l("That cannot be accepted"),
        _l("Something in it does not fit."),
        _l("Go back and look at what was typed."),
    ),
    429: (
        _l("A little too fast"),
        _l("There were many tries in a short time."),
        _l("Wait a few minutes and try again."),
    ),
    500: (_l("Something broke on our side"), _l("It was logged. Nothing was lost."), _l("Try again in a moment.")),
    503: (
        _l("Back in a moment"),
        _l("The database does not answer right now. Nothing was lost."),
        _l("Try again in a moment."),
    ),
}
"""For each status: what happened, one sentence, what to do."""


def init_app(app: Flask) -> None:
    """Answer refusals and errors."""
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _no_database)
    app.register_error_handler(PoolTimeout, _no_database)
    app.register_error_handler(Exception, _unexpected)


def page(status: int, sentence: str | None = None) -> Response:
    """The page of an error; for htmx the same words as a notice."""
    title, usual, remedy = WORDS.get(status, WORDS[400] if status < 500 else WORDS[500])
    text = sentence or str(usual)
    context = {"status": status, "title": title, "sentence": text, "remedy": remedy, "reference": _reference()}
    if hx.is_partial():
        response = hx.respond("", trigger={"toast": {"text": text, "tone": "bad"}})
        response.headers["HX-Reswap"] = "none"
    else:
        response = make_response(render_template("errors/error.html", **context))
    response.status_code = status
    return response


def _refusal(refusal: Refusal) -> Response:
    db.session.rollback()
    note_refusal(refusal)
    response = page(refusal.status, str(refusal))
    if isinstance(refusal, TooManyTries):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _csrf(_error: CSRFError) -> Response:
    g.denied = "csrf"
    return page(400, _("This page was open for too long or in another session. Reload it and send it again."))


def _http(error: HTTPException) -> Response:
    away = getattr(error, "original_exception", None)  # met while another error was being answered
    if isinstance(away, OperationalError | PoolTimeout):
        return _no_database(away)
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    if isinstance(error, SecurityError) or isinstance(request.routing_exception, SecurityError):
        return Response(f"{_('This portal is not known by that name.')}\n", 400, mimetype="text/plain")
    response = page(status)
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return response


def _no_database(error: SQLAlchemyError) -> Response:
    log.error(
        "database.unavailable",
        error=type(getattr(error, "orig", error)).__name__,
        route=request.url_rule.rule if request.url_rule else None,
    )
    return _without_database(503)


def _unexpected(error: Exception) -> Response:
    log.error("request.failed", route=request.url_rule.rule if request.url_rule else None, exc_info=error)
    try:
        db.session.rollback()
        return page(500)
    except Exception:  # the error page must not depend on what broke
        log.exception("error.page_failed")
        return _without_database(500)


def _without_database(status: int) -> Response:
    """A page that asks the database nothing: not who visits, not what the program is called."""
    g.no_database = True
    title, text, remedy = WORDS[status]
    body = render_template("errors/bare.html", title=title, sentence=text, remedy=remedy, reference=_reference())
    return make_response(body, status)


def _reference() -> str:
    return str(g.get("request_id", ""))[:8].upper()
