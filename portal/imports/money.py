"""Currencies as a column of their own says them."""

from __future__ import annotations

from flask_babel import gettext as _

from portal.imports.fields import Unreadable
from portal.imports.mapping import CURRENCIES


def currency_code(text: str) -> str:
    """The three letters of a currency. Refuses what is none."""
    code = text.strip().upper()
    if code not in CURRENCIES:
        raise Unreadable(_("this is no currency"), _("Write a code of three letters, such as USD."))
    return code
