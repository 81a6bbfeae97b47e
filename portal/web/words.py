"""Times, numbers and names as a person reads them: in their zone and locale (kept in UTC)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_compact_currency, format_decimal
from flask import Flask, has_request_context, request
from flask_babel import gettext as _

from portal import clock
from portal.database import db
from portal.web import speech
from portal.web.speech import Speech, locale, zone
from portal.web.visitor import visitor_or_none

babel = Speech()  # type: ignore[no-untyped-call]
LOCALES = ("en",)
_PARSED = {code: Locale.parse(code) for code in LOCALES}


def init_app(app: Flask) -> None:
    """Choose locale and zone per request, and give templates their filters."""
    babel.init_app(app, default_locale="en", default_timezone="UTC", locale_selector=_locale, timezone_selector=_zone)
    app.jinja_env.filters.update(
        datetime=moment,
        date=day,
        time=time_of_day,
        ago=ago,
        since=since,
        full=full,
        number=number,
        money=money,
        initials=initials,
    )


def _locale() -> Locale:
    visitor = visitor_or_none()
    if visitor is not None and visitor.locale in LOCALES:
        return _PARSED[visitor.locale]
    if not has_request_context():  # jobs and commands speak the locale that they set themselves
        return _PARSED["en"]
    return _PARSED[request.accept_languages.best_match(LOCALES) or "en"]


def _zone() -> str:
    visitor = visitor_or_none()
    return visitor.time_zone if visitor is not None else "UTC"


def _local(value: datetime) -> datetime:
    return value.astimezone(zone())


def moment(value: datetime) -> str:
    """A day and time, like "4 Dec 2026, 17:00"."""
    local = _local(value)
    return f"{day(local.date())}, {format_time(local, 'short', locale=locale())}"


def time_of_day(value: datetime) -> str:
    """A time, like "17:00"."""
    return str(format_time(_local(value), "short", locale=locale()))


def clock_time(value: time) -> str:
    """A time of every day on somebody's own clock, like "17:00"."""
    return str(format_time(value, "short", locale=locale()))


def day(value: date | datetime) -> str:
    """A day, like "4 Dec 2026"; without the year in the current one."""
    here = zone()
    local = value.astimezone(here).date() if isinstance(value, datetime) else value
    return _day(local, local.year == _year(_now(), here), locale())


@lru_cache(maxsize=2048)
def _day(local: date, this_year: bool, spoken: Locale) -> str:
    return str(format_date(local, "d MMM" if this_year else "d MMM y", locale=spoken))


@lru_cache(maxsize=64)
def _year(now: datetime, here: tzinfo) -> int:
    return now.astimezone(here).year


def month(value: datetime) -> str:
    """A month with its year, like "December 2026"."""
    return _month(_local(value).date().replace(day=1), locale())


@lru_cache(maxsize=256)
def _month(first: date, spoken: Locale) -> str:
    return str(format_date(first, "LLLL y", locale=spoken))


def ago(value: datetime) -> str:
    """How long ago or ahead, like "3 hours ago"."""
    delta = value - _now()
    if abs(delta) < timedelta(minutes=1):
        return _("just now")
    return str(format_timedelta(delta, add_direction=True, locale=locale()))


def since(value: datetime) -> str:
    """A short age without direction, like "26 h"."""
    return str(format_timedelta(_now() - value, format="narrow", threshold=1.5, locale=locale()))


def number(value: int | Decimal | float) -> str:
    """A number with the locale's grouping."""
    return _number(value, locale())


@lru_cache(maxsize=4096, typed=True)
def _number(value: int | Decimal | float, spoken: Locale) -> str:
    return str(format_decimal(value, locale=spoken))


def money(value: Decimal | int, currency: str | None) -> str:
    """An amount in short, like "$480K"; without a currency only the number."""
    if not currency:
        return number(value)
    return str(format_compact_currency(value, currency, locale=locale(), fraction_digits=0 if value >= 1000 else 2))


def initials(name: str) -> str:
    """The first letters of the first and last word of a name."""
    words = [word for word in name.split() if word[0].isalnum()]
    picked = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0].upper() for word in picked)


def full(value: datetime) -> str:
    """A moment with its zone, for titles and mail."""
    return str(format_datetime(_local(value), "d MMM y, HH:mm zzz", locale=locale()))


def _now() -> datetime:
    known = speech.now()
    if known is None:
        reading = db.session() if db.session.registry.has() else None
        known = clock.now(reading) if reading is not None and reading.in_transaction() else clock.wall()
        speech.note_now(known)
    return known
