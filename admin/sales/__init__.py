"""The rep's desk: screens only. Each room is a blueprint, listed here with its place in the navigation."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Flask
from flask_babel import lazy_gettext as _l

from admin.sales.deals import bp as deals
from admin.sales.exceptions import bp as exceptions
from admin.sales.find import bp as find
from admin.sales.nominations import bp as nominations
from admin.sales.outside import bp as outside
from admin.sales.requests import bp as requests
from admin.sales.saved import bp as saved
from admin.sales.times import bp as times
from portal.web import shell

ROOMS: Final[tuple[Blueprint, ...]] = (deals, find, saved, requests, times, exceptions, outside, nominations)
_SALES: Final = _l("Sales")

_ROLES: Final = frozenset({"sales", "manager", "admin"})

NAV: Final = (
    shell.Item("sales", _SALES, _l("My deals"), "sales_deals.index", "briefcase", 10, on_phone=True),
    shell.Item("sales", _SALES, _l("Find advocates"), "sales_find.index", "search", 20, on_phone=True),
    shell.Item(
        "sales",
        _SALES,
        _l("My requests"),
        "sales_requests.index",
        "heart-handshake",
        30,
        fact="requests",
        on_phone=True,
    ),
    shell.Item("sales", _SALES, _l("Nominate a customer"), "sales_nominations.index", "hand-heart", 60),
)


def register(app: Flask) -> None:
    """Add the desk's screens to the portal."""
    shell.add_desk("sales", _l("Sales desk"), "sales_deals.index", _ROLES)
    for item in NAV:
        shell.add_item(item)
    for room in ROOMS:
        app.register_blueprint(room)
