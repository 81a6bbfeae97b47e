"""The page of an invitation."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.access import invitations, terms
from portal.access.forms import InvitationForm
from portal.access.views.blueprint import bp, enter
from portal.access.views.legal import paragraphs
from portal.database import db
from portal.database.refusal import Conflict, Invalid
from portal.web.forms import invalid
from portal.web.policy import open_to_all


def _context(token: str) -> dict[str, Any]:
    invitation, person = invitations.find(db.session(), token)
    texts = terms.in_force(db.session(), person.locale)
    return {
        "token": token,
        "role": invitation.role,
        "person": person,
        "address": invitation.address,
        "texts": [(version.kind.label, version.version, paragraphs(version)) for version in texts],
        "versions": ",".join(str(version.id) for version in texts),
    }


@bp.get("/invitation/<token>")
@open_to_all(reason="invited people have no session yet; the token is the key")
def invitation(token: str) -> ResponseReturnValue:
    """What somebody is invited to, and the terms."""
    context = _context(token)
    form = InvitationForm(name=context["person"].name, terms=context["versions"])
    return render_template("access/invitation.html", form=form, **context)


@bp.post("/invitation/<token>")
@open_to_all(reason="invited people have no session yet; the token is the key")
def accept(token: str) -> ResponseReturnValue:
    """Join."""
    form = InvitationForm()
    if not form.validate():
        return invalid(form, "access/invitation.html", **_context(token))
    try:
        person = invitations.accept(db.session(), token, terms_versions=form.versions, name=form.name.data)
    except (Conflict, Invalid) as refusal:
        db.session.rollback()
        return invalid(form, "access/invitation.html", refusal=refusal, **_context(token))
    return enter(person.id)
