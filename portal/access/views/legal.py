"""The texts that people agree to."""

from __future__ import annotations

from flask import render_template

from portal.access import terms
from portal.access.models import TermsVersion
from portal.access.states import TermsKind
from portal.access.views.blueprint import bp
from portal.database import db
from portal.web.policy import open_to_all


@bp.get("/terms")
@open_to_all(reason="everybody may read the terms before agreeing to them")
def terms_page() -> str:
    """The terms in force."""
    return _page(TermsKind.TERMS)


@bp.get("/privacy")
@open_to_all(reason="everybody may read the privacy notice")
def privacy() -> str:
    """The privacy notice in force."""
    return _page(TermsKind.PRIVACY)


def paragraphs(version: TermsVersion) -> list[str]:
    """A text in paragraphs."""
    return [paragraph for paragraph in version.text.split("\n\n") if paragraph.strip()]


def _page(kind: TermsKind) -> str:
    version = terms.text_of(db.session(), kind)
    return render_template("access/terms.html", version=version, title=kind.label, paragraphs=paragraphs(version))
