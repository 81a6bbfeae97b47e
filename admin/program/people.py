"""People: who is known here, their addresses, roles and invitations."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any, Final, TypeVar
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import clock
from portal.access import invitations, queries, sessions
from portal.access.forms import EmailForm, InviteForm, PersonForm, RoleForm
from portal.database import db
from portal.database.refusal import NotFound, Refusal
from portal.people import people, timeline
from portal.people.companies import company_named
from portal.people.queries import known
from portal.people.states import AdvocateStatus, Role
from portal.web import pace, words
from portal.web.forms import Form, invalid
from portal.web.paging import cursor_of
from portal.web.policy import for_managers
from portal.web.visitor import current_visitor

bp: Final = Blueprint("program_people", __name__, url_prefix="/admin/people", template_folder="../templates")
_PAGE: Final = "program/people/person.html"
_NEW: Final = "program/people/new.html"
Choice = TypeVar("Choice", bound=StrEnum)


@bp.get("")
@for_managers
def index() -> str:
    """Who is known here."""
    typed = request.args.get("q", "").strip()[:100]
    if typed:
        pace.searching()
    role, status = _chosen(Role, "role"), _chosen(AdvocateStatus, "status")
    page = known(db.session(), words=typed, role=role, status=status, after=cursor_of(str, int))
    choices = {"roles": Role, "statuses": AdvocateStatus}
    return render_template("program/people/list.html", page=page, words=typed, role=role, status=status, **choices)


@bp.get("/new")
@for_managers
def new() -> str:
    """Somebody new."""
    return render_template(_NEW, form=PersonForm())


@bp.post("/new")
@for_managers
def add() -> ResponseReturnValue:
    """Make somebody known."""
    form = PersonForm()
    if not form.validate():
        return invalid(form, _NEW)
    session, by = db.session(), current_visitor().actor
    try:
        company = company_named(session, form.company_name.data, by=by)
        person = people.add_person(
            session, form.name.data, by=by, email=form.email.data or None, title=form.title.data, company_id=company
        )
    except Refusal as refusal:
        return invalid(form, _NEW, refusal=refusal)
    flash(_("%(name)s is known here now.", name=person.name), "ok")
    return redirect(url_for(".show", person=person.public_id), 303)


@bp.get("/<uuid:person>")
@for_managers
def show(person: UUID) -> str:
    """One person, with everything in time order; `?show=` narrows it to one kind."""
    return render_template(_PAGE, **_page(person))


@bp.post("/<uuid:person>/emails")
@for_managers
def add_email(person: UUID) -> ResponseReturnValue:
    """Note one more address."""
    form = EmailForm()
    return _do(person, form, "email_form", lambda who: people.add_email(db.session(), who, form.email.data, by=_by()))


@bp.post("/<uuid:person>/roles")
@for_managers
def grant(person: UUID) -> ResponseReturnValue:
    """Give a role."""
    form = RoleForm()
    return _do(person, form, "role_form", lambda who: people.grant_role(db.session(), who, form.role.data, by=_by()))


@bp.post("/<uuid:person>/roles/revocations")
@for_managers
def revoke(person: UUID) -> ResponseReturnValue:
    """Take a role."""
    form = RoleForm()
    return _do(person, form, "role_form", lambda who: people.revoke_role(db.session(), who, form.role.data, by=_by()))


@bp.post("/<uuid:person>/invitations")
@for_managers
def invite(person: UUID) -> ResponseReturnValue:
    """Invite to a role."""
    form = InviteForm()
    return _do(
        person,
        form,
        "invite_form",
        lambda who: invitations.invite(db.session(), who, form.email.data, form.role.data, by=_by()),
    )


@bp.post("/<uuid:person>/invitations/<uuid:invitation>/resend")
@for_managers
def resend(person: UUID, invitation: UUID) -> ResponseReturnValue:
    """Send a new invitation in place of an open one."""
    old = _its(person, invitation)
    return _do(person, Form(), "action", lambda _who: invitations.resend(db.session(), old, by=_by()))


@bp.post("/<uuid:person>/invitations/<uuid:invitation>/withdraw")
@for_managers
def withdraw(person: UUID, invitation: UUID) -> ResponseReturnValue:
    """End an open invitation."""
    old = _its(person, invitation)
    return _do(person, Form(), "action", lambda _who: invitations.withdraw(db.session(), old, by=_by()))


@bp.post("/<uuid:person>/suspension")
@for_managers
def suspend(person: UUID) -> ResponseReturnValue:
    """Bar from signing in."""
    return _do(person, Form(), "action", lambda who: people.suspend(db.session(), who, by=_by()))


@bp.post("/<uuid:person>/suspension/end")
@for_managers
def readmit(person: UUID) -> ResponseReturnValue:
    """Let in again."""
    return _do(person, Form(), "action", lambda who: people.readmit(db.session(), who, by=_by()))


@bp.post("/<uuid:person>/sessions/end")
@for_managers
def end_sessions(person: UUID) -> ResponseReturnValue:
    """Sign out everywhere."""
    return _do(person, Form(), "action", lambda who: sessions.end_all(db.session(), who, by=_by()))


@bp.post("/<uuid:person>/sessions/<uuid:session>/end")
@for_managers
def end_session(person: UUID, session: UUID) -> ResponseReturnValue:
    """Sign out of one browser."""
    return _do(person, Form(), "action", lambda who: sessions.end(db.session(), session, by=_by(), person_id=who))


def _do(person: UUID, form: Form, name: str, verb: Any) -> ResponseReturnValue:
    """Call one verb on the person and come back to their page; what was typed stays where it is refused."""
    card = queries.person_card(db.session(), person)
    refusal = None
    if form.validate():
        try:
            verb(card.person.id)
            flash(_("Done."), "ok")
            return redirect(url_for(".show", person=person), 303)
        except NotFound:
            raise
        except Refusal as error:
            refusal = error
    db.session.rollback()
    return invalid(form, _PAGE, refusal=refusal, **{**_page(person), name: form, "failed": form})


def _page(person: UUID) -> dict[str, Any]:
    card = queries.person_card(db.session(), person)
    address = next((email.address for email in card.emails), "")
    chapter = _chosen(timeline.Chapter, "show")
    page = timeline.of(db.session(), card.person.id, chapter=chapter, after=cursor_of(datetime, str, int))
    return {
        "them": card,
        "page": page,
        "figures": timeline.figures(db.session(), card.person),
        "months": [(month, list(lines)) for month, lines in groupby(page.rows, lambda line: words.month(line.at))],
        "chapter": chapter,
        "chapters": timeline.Chapter,
        "now": clock.now(db.session()),
        "email_form": EmailForm(formdata=None),
        "role_form": RoleForm(formdata=None),
        "invite_form": InviteForm(formdata=None, email=address, role=Role.ADVOCATE.value),
        "failed": None,
    }


def _its(person: UUID, invitation: UUID) -> int:
    return queries.invitation_id(db.session(), person, invitation)


def _by() -> Any:
    return current_visitor().actor


def _chosen(enum: type[Choice], name: str) -> Choice | None:
    """A filter of the list; an unknown one filters nothing."""
    value = request.args.get(name, "")
    return enum(value) if value in set(enum) else None
