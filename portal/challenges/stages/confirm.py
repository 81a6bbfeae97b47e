"""Something done elsewhere, on the advocate's honour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.challenges.stages.kind import Proof, StageKind, stage_kind
from portal.challenges.states import Verification
from portal.web.forms import Form


class Confirmed(Form):
    """Nothing to fill in: sending it says "I have done it"."""

    buttons = frozenset({"save"})


@stage_kind
class Confirm(StageKind):
    """Accepted and paid at once."""

    key = "confirm"
    label = _l("Confirm")
    text = _l("Something to do or read. The advocate says when it is done, and is believed.")
    icon = "check"
    action = _l("I have done it")
    verification = Verification.HONOUR
    collects = False
    Response = Confirmed

    def accept(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002 -- nothing is asked
        """Nothing is asked, so nothing is refused."""
        return {"confirmed": True}

    def keep(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002 -- nothing is asked
        """There is nothing to keep."""
        return {}

    def proofs(self, response: Mapping[str, Any]) -> list[Proof]:  # noqa: ARG002 -- there is only one answer
        """The advocate's word."""
        return [Proof(_("Said"), _("I have done it"))]
