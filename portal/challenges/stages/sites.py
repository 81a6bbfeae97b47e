"""The sites on which reviews are written, and the rules that each has for whoever rewards them."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

RULES_AGE: Final = timedelta(days=180)
"""How old the knowledge of a site's rules may be before it is said."""
PUBLIC_SECTOR: Final = (
    "defence",
    "defense",
    "government",
    "government administration",
    "military",
    "public administration",
    "public sector",
)
"""Industries, in small letters, whose people some sites let nobody reward."""
_CHECKED: Final = date(2026, 11, 23)
_TRACKING: Final = ("fbclid", "gclid", "msclkid", "ref", "referrer", "source")


@dataclass(frozen=True, slots=True)
class Site:
    """A site of reviews; its rules as they were on the day `checked_on`."""

    key: str
    label: str | LazyString
    hosts: tuple[str, ...]
    checked_on: date = _CHECKED
    below: int | None = None
    """The worth in US dollars that a reward stays under; None: no such rule."""
    public_sector: bool = True
    """Whether people of the public sector may be rewarded."""
    told_by: tuple[str, ...] = ()
    """Parameters of an address that tell one review from another."""

    def is_stale(self, today: date) -> bool:
        """Whether its rules were last looked at too long ago."""
        return today - self.checked_on > RULES_AGE


OTHER: Final = Site("other", _l("Another site"), ())
SITES: Final = (
    Site("g2", "G2", ("g2.com",)),
    Site("capterra", "Capterra", ("capterra.com", "capterra.co.uk", "capterra.de", "capterra.fr", "capterra.es")),
    Site("trustradius", "TrustRadius", ("trustradius.com",)),
    Site("gartner", "Gartner Peer Insights", ("gartner.com",), below=25, public_sector=False),
    Site(
        "app_store",
        _l("App Store or Google Play"),
        ("apps.apple.com", "play.google.com"),
        told_by=("id", "reviewid", "reviewId"),
    ),
    OTHER,
)
_UNREWARDED: Final = re.compile(r"(.*\.)?(google\.[a-z.]+|g\.page|goo\.gl|trustpilot\.com)")
"""Hosts of sites that allow no reward at all, as of the same day."""
BY_KEY: Final = {site.key: site for site in SITES}


def site_at(address: str) -> Site:
    """The site whose page an address is: the one with the longest host that holds it, else `OTHER`."""
    host = host_of(address)
    found = [(len(own), site) for site in SITES for own in site.hosts if _is_below(host, own)]
    return max(found, key=lambda each: each[0])[1] if found else OTHER


def allows_no_reward(address: str) -> bool:
    """Whether an address belongs to a site that lets nobody reward reviews; its store for apps is another one."""
    return site_at(address) is OTHER and _UNREWARDED.fullmatch(host_of(address)) is not None


def host_of(address: str) -> str:
    """The host of an address in small letters, without `www.`."""
    return (urlsplit(address).hostname or "").lower().removeprefix("www.")


def is_page(address: str) -> bool:
    """Whether an address names a page of a site, and not only the site."""
    return _path(address) != "/"


def key_of(site: Site, address: str) -> str:
    """What two addresses of one review have in common: ways to write it, and what only counts visits, fall away."""
    parameters = parse_qsl(urlsplit(address).query)
    if site is not OTHER:
        kept = sorted((name.lower(), value) for name, value in parameters if name in site.told_by)
        return f"{site.key}:{_path(address).lower()}{'?' if kept else ''}{urlencode(kept)}"
    kept = sorted(each for each in parameters if not each[0].startswith("utm_") and each[0] not in _TRACKING)
    return f"{site.key}:{host_of(address)}{_path(address)}{'?' if kept else ''}{urlencode(kept)}"


def _path(address: str) -> str:
    path = posixpath.normpath("/" + unquote(urlsplit(address).path).strip("/"))
    return "/" if path == "." else path


def _is_below(host: str, own: str) -> bool:
    return host == own or host.endswith(f".{own}")
