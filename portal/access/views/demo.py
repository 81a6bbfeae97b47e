"""The demo's doors: sign in with one click. They exist only in the demo (settings.demo)."""

from __future__ import annotations

from flask import Blueprint, current_app
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from portal.access import queries
from portal.access.views.blueprint import bp, enter
from portal.database import db
from portal.people.states import Role
from portal.web.forms import Form
from portal.web.policy import open_to_all

demo = Blueprint("demo_access", __name__)


class WhoForm(Form):
    """As whom to look around."""

    role = SelectField(choices=[SelectChoice(role.value, role.value) for role in Role])


def people_to_be() -> list[queries.Face]:
    """Whom the demo offers to be; nobody anywhere else."""
    return queries.faces(db.session()) if current_app.config["PORTAL"].demo else []


@demo.post("/demo/sign-in")
@open_to_all(reason="the demo is there to be looked at; the route exists nowhere else")
def be_somebody() -> ResponseReturnValue:
    """Sign in as the first of a role."""
    form = WhoForm()
    face = next((face for face in people_to_be() if face.role == form.role.data), None)
    if not form.validate() or face is None:
        raise BadRequest
    return enter(face.person_id)


@bp.record
def _open_the_doors(state: BlueprintSetupState) -> None:
    if state.app.config["PORTAL"].demo:
        state.app.register_blueprint(demo)
