"""The application class: the edge where a request becomes one transaction."""

from __future__ import annotations

from typing import Final

from flask import Flask, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from sqlalchemy.orm import Session

from portal.database import reading, run
from portal.web.policy import policy_of
from portal.web.sanity import PortalRequest, refuse_broken_text, refuse_unchecked_fields
from portal.web.visitor import visitor_or_none

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Portal(Flask):
    """Flask, with the policy checked before and one unit of work around each view."""

    request_class = PortalRequest

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view: a GET in a read-only transaction, others in one that commits unless they answer an error."""
        if request.routing_exception is not None or request.endpoint is None:
            return super().dispatch_request()
        refuse_broken_text()
        if request.method in SAFE:
            return reading(self._guarded)
        return run(self._in_transaction, commit_if=_succeeded)

    def _in_transaction(self, _session: Session) -> Response:
        return self.make_response(self._guarded())

    def _guarded(self) -> ResponseReturnValue:
        policy = policy_of(self, request.endpoint or "")
        if policy is None:
            abort(404)
        if policy.open:
            return self._viewed()
        visitor = visitor_or_none()
        if visitor is None:
            g.denied = "stranger"
            return redirect(url_for("access.sign_in", next=_came_for()), 303)
        if not policy.allows(visitor.roles):
            g.denied = policy.name
            abort(404 if request.view_args else 403)
        return self._viewed()

    def _viewed(self) -> ResponseReturnValue:
        answer = super().dispatch_request()
        if request.method in SAFE:
            return answer
        response = self.make_response(answer)
        if _succeeded(response):
            refuse_unchecked_fields()
        return response


def _came_for() -> str | None:
    """The page a stranger came for, only where a GET can show it again."""
    return request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None


def _succeeded(response: Response) -> bool:
    return response.status_code < 400
