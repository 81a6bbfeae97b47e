"""Routes of no slice: health, the style sheet, reports of browsers."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.database import db
from portal.database.shape import at_head
from portal.web.policy import open_to_all

bp = Blueprint("web", __name__)
log = structlog.get_logger(__name__)


@bp.get("/healthz")
@open_to_all(reason="asked by whoever watches the process; tells nothing")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
@open_to_all(reason="asked by load balancers; tells nothing but yes or no")
def readyz() -> tuple[Response, int]:
    """The database has this code's shape, and a worker was seen in the last two minutes."""
    try:
        session = db.session()
        shape = at_head(session.connection())
        worker = bool(
            shape
            and session.execute(text("SELECT at > now() - interval '2 minutes' FROM worker_seen")).scalar_one_or_none()
        )
    except DBAPIError:
        shape = worker = False
    return jsonify(
        status="ok" if shape and worker else "not ready", database=shape, worker=worker
    ), 200 if shape and worker else 503


@bp.get("/style.css")
@open_to_all(reason="the style sheet of every page")
def stylesheet() -> Response:
    """The joined style sheet."""
    response: Response = current_app.extensions["assets"].stylesheet()
    return response


@bp.post("/csp-report")
@open_to_all(reason="browsers report violations without cookies")
def csp_report() -> tuple[str, int]:
    """Note that a page of ours tried what its policy forbids."""
    log.warning("csp.violation", report=request.get_data(cache=False)[:500].decode("utf-8", "replace"))
    return "", 204
