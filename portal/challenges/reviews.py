"""The verb on links to reviews: each is held by one stage response, and pays once (trust.md, External reviews)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.challenges.models import StageResponse
from portal.challenges.review_models import ReviewLink
from portal.clock import now
from portal.database.refusal import Conflict, explain

_TAKEN: Final = _l("This review has been handed in before. Each counts once.")

explain("uq_review_link_key", _TAKEN)
explain("review_by_customer", _l("Reviews are for customers: whoever works for the program cannot hand one in."))
explain("review_public_sector", _l("This site allows no reward for reviews by the public sector."))
explain("review_claimed", _l("Without the link of a published review nothing is paid."))
explain("review_reason", _l("A review is never rejected for what it says."))


def claim(session: Session, response: StageResponse, *, key: str, handed_in: Mapping[str, Any]) -> ReviewLink:
    """Hold a link for a response, whose person is locked; another link that it held is given free.

    Refuses `Conflict` where somebody has handed the same review in and was not turned down.
    """
    held = session.scalars(
        select(ReviewLink).where(
            ReviewLink.released_at.is_(None), or_(ReviewLink.key == key, ReviewLink.response_id == response.id)
        )
    ).all()
    if any(link.response_id != response.id for link in held):
        raise Conflict(_TAKEN, field="link")
    for link in held:
        if (link.key, link.link, link.version) == (key, handed_in["link"], handed_in["version"]):
            return link
        link.released_at = now(session)
        session.flush()  # a response holds one link, before the next one is written
    link = ReviewLink(
        response_id=response.id,
        site=handed_in["site"],
        link=handed_in["link"],
        key=key,
        disclosure=handed_in["disclosure"],
        version=handed_in["version"],
        acknowledged_at=now(session),
    )
    session.add(link)
    return link
