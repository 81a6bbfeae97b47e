"""The size bands of companies as people read them."""

from __future__ import annotations

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

SIZE_WORDS: Final[dict[str, LazyString]] = {
    "1-49": _l("up to 49 people"),
    "50-499": _l("50 to 499 people"),
    "500-4999": _l("500 to 4,999 people"),
    "5000+": _l("5,000 people and more"),
}
"""By the band that `portal.people.models.size_band` gives."""
