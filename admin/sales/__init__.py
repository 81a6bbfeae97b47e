"""The rep's desk: screens only. Each room is a blueprint, listed here with its place in the navigation."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Flask
from flask_babel import lazy_gettext as _l

from admin.sales.nominations import bp as nominations
from portal.web import shell

ROOMS: Final[tuple[Blueprint, ...]] = (nominations,)
_SALES: Final = _l("Sales")

NAV: Final = (shell.Item("sales", _SALES, _l("Nominate a customer"), "sales_nominations.index", "hand-heart", 60),)


def register(app: Flask) -> None:
    """Add the desk's screens to the portal."""
    for item in NAV:
        shell.add_item(item)
    for room in ROOMS:
        app.register_blueprint(room)
