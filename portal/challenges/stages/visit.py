"""A page to visit: the manager gives its address, the advocate opens it and says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.challenges.stages.kind import Proof, StageKind, plain_text, stage_kind
from portal.challenges.states import Verification
from portal.database.refusal import Conflict, Invalid
from portal.web.forms import Form

LONGEST_ADDRESS: Final = 500
LONGEST_BUTTON: Final = 40

_WRONG: Final = _l("Give the whole address of a public page. It begins with https://.")
_TOO_LONG: Final = _l("An address has at most %(most)s characters.", most=LONGEST_ADDRESS)
_BUTTON: Final = _l("Write at most %(most)s characters, in one line.", most=LONGEST_BUTTON)
_ADDRESS: Final = re.compile(r"https://(?P<host>[a-z0-9.-]+)(:[0-9]{1,5})?([/?#][!#-;=?-\[\]_a-z{|}~]*)?", re.I)
"""Printable ASCII without blanks, quotes, pointed brackets and backslashes; no name or password before the host."""
_HOST: Final = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.I)


class Visited(Form):
    """Nothing to fill in: sending it says "I have done it"."""

    buttons = frozenset({"save"})


@stage_kind
class Visit(StageKind):
    """Believed and paid at once, or verified by a manager, as the manager chooses."""

    key = "visit"
    label = _l("Visit a page")
    text = _l("A page to open, in a new tab. The advocate says when it is done; you choose whether somebody checks it.")
    icon = "link"
    action = _l("I have done it")
    verification = Verification.HONOUR
    collects = False
    verifications = (Verification.HONOUR, Verification.MANAGER)
    Response = Visited

    def set_up(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Address and word of the button; refuses an address that is no public https page, and what is too long."""
        address, button = plain_text(given.get("address")), plain_text(given.get("button"))
        if len(address) > LONGEST_ADDRESS:
            raise Invalid(_TOO_LONG, field="address")
        if address and not is_public_page(address):
            raise Invalid(_WRONG, field="address")
        if len(button) > LONGEST_BUTTON or "\n" in button:
            raise Invalid(_BUTTON, field="button")
        return {"address": address, "button": button}

    def lacks(self, setup: Mapping[str, Any]) -> LazyString | None:
        """An address."""
        return None if setup.get("address") else _l("give the address of the page to visit")

    def about(self, setup: Mapping[str, Any]) -> str:
        """Which site it is."""
        address = self.address(setup)
        return _("Visit %(site)s", site=site_of(address)) if address else str(self.label)

    def address(self, setup: Mapping[str, Any]) -> str | None:
        """The address as it was stored."""
        return setup.get("address") or None

    def accept(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """The address that was there to visit; nothing is asked. Refuses (`Conflict`) where none is given."""
        address = self.address(setup)
        if address is None:
            raise Conflict(_l("This step leads nowhere yet."))
        return {"visited": address}

    def keep(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """There is nothing to keep."""
        return {}

    def proofs(self, response: Mapping[str, Any]) -> list[Proof]:
        """The advocate's word, and which page it is about."""
        visited = response.get("visited")
        return [Proof(_("Says they visited"), str(visited))] if visited else []


def site_of(address: str) -> str:
    """The host of an address, as people know it."""
    return (urlsplit(address).hostname or "").removeprefix("www.")


def is_public_page(address: str) -> bool:
    """Whether it is the whole https address of a page that everybody could open."""
    found = _ADDRESS.fullmatch(address)
    return found is not None and len(found["host"]) <= 253 and _HOST.fullmatch(found["host"]) is not None
