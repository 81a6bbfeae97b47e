"""Values as they are stored: names, titles, addresses, time zones; what cannot be is refused."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l

from portal.database.refusal import Invalid
from portal.people.models import LONGEST_ADDRESS, LONGEST_NAME


def plain_name(name: str) -> str:
    """A name without odd spaces. Refuses `Invalid`: empty, longer than 200 characters, or with control characters."""
    clean = " ".join(name.split())
    if not clean:
        raise Invalid(_l("Please give a name."), field="name")
    if len(clean) > LONGEST_NAME:
        raise Invalid(_l("Please shorten the name to 200 characters."), field="name")
    if not all(character.isprintable() for character in clean):
        raise Invalid(_l("The name contains characters that cannot be shown."), field="name")
    return clean


def clean_address(address: str) -> str:
    """An address as it is stored. Refuses `Invalid`: malformed or longer than 254 characters."""
    address = address.strip()
    if len(address) > LONGEST_ADDRESS:
        raise Invalid(_l("This address is too long."), field="email")
    try:
        clean = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Invalid(
            _l("This does not look like an e-mail address, such as ana@example.com."), field="email"
        ) from None
    normalized: str = clean.normalized
    return normalized


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """The time zones that a person may choose, such as `Europe/Lisbon`."""
    regions = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(regions)))


def zone_name(name: str) -> str:
    """A time zone that is known here. Refuses `Invalid`."""
    if name not in time_zones():
        raise Invalid(_l("This time zone is not known here."), field="time_zone")
    return name


def plain_title(title: str | None) -> str | None:
    """A title without odd spaces, or None. Refuses `Invalid`: longer than 200 characters."""
    clean = " ".join((title or "").split())
    if len(clean) > LONGEST_NAME:
        raise Invalid(_l("Please shorten the title to 200 characters."), field="title")
    return clean or None
