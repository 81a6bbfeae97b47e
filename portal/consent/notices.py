"""The wording that a person agrees to, in the version and language that they read."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.consent.models import Notice
from portal.database.refusal import NotFound

DEFAULT_LOCALE = "en"


def current(session: Session, purpose: str, locale: str = DEFAULT_LOCALE) -> Notice:
    """The newest wording for a purpose in the person's language, else in English. Refuses `NotFound`."""
    wanted = (
        select(Notice)
        .where(Notice.purpose == purpose, Notice.locale.in_({locale, DEFAULT_LOCALE}))
        .order_by((Notice.locale == locale).desc(), Notice.version.desc())
        .limit(1)
    )
    notice = session.scalar(wanted)
    if notice is None:
        raise NotFound(_l("There is no wording for this yet."))
    return notice
