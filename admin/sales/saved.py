"""My searches: keep the present one under a name, open one again, rename it, delete it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from admin.sales.filters import as_text, filters_in, in_address, told
from portal.database import db
from portal.database.refusal import NotFound, Refusal
from portal.references import saved_searches
from portal.references.models.searches import LARGEST_SEARCH, LONGEST_SEARCH_NAME, SavedSearch
from portal.references.pool_sql import Filters
from portal.web.forms import Form, invalid
from portal.web.policy import for_sales
from portal.web.visitor import current_visitor

bp: Final = Blueprint("sales_saved", __name__, url_prefix="/sales/find/searches", template_folder="../templates")
_LIST: Final = "sales/searches/index.html"
_NEW: Final = "sales/searches/new.html"
_ONE: Final = "sales/searches/one.html"


class NameForm(Form):
    """What a search is called."""

    name = StringField(
        _l("Name"),
        description=_l("Like “Logistics in Germany, site visits”."),
        validators=[
            InputRequired(_l("Give it a name.")),
            Length(max=LONGEST_SEARCH_NAME, message=_l("Please shorten this to %(max)d characters.")),
        ],
        render_kw={"maxlength": LONGEST_SEARCH_NAME},
    )


class KeepForm(NameForm):
    """A name for filters, which come as the address of their search has them."""

    search = HiddenField(validators=[Length(max=4 * LARGEST_SEARCH)])

    @property
    def filters(self) -> Filters:
        """What is to be kept."""
        return filters_in(MultiDict(parse_qsl(self.search.data or "")))


@dataclass(frozen=True, slots=True)
class Kept:
    """A search in the list."""

    public_id: UUID
    name: str
    what: str
    href: str


@bp.get("")
@for_sales
def index() -> str:
    """My searches, by name."""
    mine = saved_searches.of(db.session(), by=current_visitor().actor)
    return render_template(_LIST, kept=[_kept(search) for search in mine])


@bp.get("/new")
@for_sales
def new() -> str:
    """The form that keeps the filters of the address (`?industry=…`)."""
    filters = filters_in(request.args)
    return render_template(_NEW, form=KeepForm(formdata=None, data={"search": as_text(filters)}), **_present(filters))


@bp.post("/new")
@for_sales
def save() -> ResponseReturnValue:
    """Keep them under a name."""
    form = KeepForm()
    filters = form.filters
    if not form.validate():
        return invalid(form, _NEW, **_present(filters))
    try:
        search = saved_searches.save(db.session(), form.name.data, filters, by=current_visitor().actor)
    except Refusal as refusal:
        return invalid(form, _NEW, refusal=refusal, **_present(filters))
    flash(_("“%(name)s” is kept. Open it here at any time.", name=search.name), "ok")
    return redirect(url_for(".index"), 303)


@bp.get("/<uuid:search>")
@for_sales
def show(search: UUID) -> str:
    """One of them, to rename or delete it."""
    found = _mine(search)
    return render_template(_ONE, form=NameForm(formdata=None, data={"name": found.name}), kept=_kept(found))


@bp.post("/<uuid:search>")
@for_sales
def rename(search: UUID) -> ResponseReturnValue:
    """Give it another name."""
    form, kept = NameForm(), _kept(_mine(search))
    if not form.validate():
        return invalid(form, _ONE, kept=kept)
    try:
        saved_searches.rename(db.session(), search, form.name.data, by=current_visitor().actor)
    except NotFound:
        raise
    except Refusal as refusal:
        return invalid(form, _ONE, refusal=refusal, kept=kept)
    flash(_("The search is renamed."), "ok")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:search>/removal")
@for_sales
def remove(search: UUID) -> ResponseReturnValue:
    """Delete it."""
    saved_searches.remove(db.session(), search, by=current_visitor().actor)
    flash(_("The search is deleted."), "ok")
    return redirect(url_for(".index"), 303)


def _mine(public_id: UUID) -> SavedSearch:
    return saved_searches.one(db.session(), public_id, by=current_visitor().actor)


def _present(filters: Filters) -> dict[str, Any]:
    back = url_for("sales_find.index", **in_address(filters))
    return {"present": told(filters), "back": back}


def _kept(search: SavedSearch) -> Kept:
    filters = saved_searches.filters_of(search)
    href = url_for("sales_find.index", **in_address(filters))
    return Kept(search.public_id, search.name, told(filters), href)
