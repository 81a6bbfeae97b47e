"""What an audience is chosen from in the editor, and whom the addresses in it belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from portal.challenges.models import MOST_NAMED
from portal.database.refusal import Invalid
from portal.people.models import Company, PersonEmail, Product
from portal.points.models import Level

_MOST_CHOICES: Final = 500


@dataclass(frozen=True, slots=True)
class Choices:
    """What an audience can be chosen from."""

    industries: Sequence[str]
    countries: Sequence[str]
    products: Sequence[str]
    levels: Sequence[tuple[int, str]]


def choices(session: Session) -> Choices:
    """What the known companies are, the products there are (at most 500 of each), and the levels."""
    found = []
    for column in (Company.industry, Company.country, Product.name):
        known = select(column).where(column.is_not(None)).group_by(column)
        ordered = known.order_by(func.portal_plain(column)).limit(_MOST_CHOICES)
        found.append([value for value in session.scalars(ordered) if value])
    levels = session.execute(select(Level.id, Level.name).order_by(Level.threshold))
    return Choices(found[0], found[1], found[2], [(level.id, level.name) for level in levels])


def named(session: Session, addresses: str, field: str) -> tuple[int, ...]:
    """The people with these addresses, one a line. Refuses `Invalid` with those that belong to nobody."""
    wanted = list(dict.fromkeys(line.strip().lower() for line in addresses.splitlines() if line.strip()))
    if len(wanted) > MOST_NAMED:
        raise Invalid(_l("Name at most %(most)s people.", most=MOST_NAMED), field=field)
    if not wanted:
        return ()
    address = func.lower(PersonEmail.address)
    rows = session.execute(select(address.label("address"), PersonEmail.person_id).where(address.in_(wanted)))
    known = {row.address: row.person_id for row in rows}
    unknown = [each for each in wanted if each not in known]
    if unknown:
        raise Invalid(_l("Nobody here has this address: %(unknown)s.", unknown=", ".join(unknown[:5])), field=field)
    return tuple(dict.fromkeys(known[each] for each in wanted))


def addresses(session: Session, people: Iterable[int]) -> dict[int, str]:
    """The address of each of these people, for who edits an audience."""
    wanted = select(PersonEmail.person_id, PersonEmail.address).where(
        PersonEmail.is_primary, PersonEmail.person_id == func.any(cast(list(people), ARRAY(BigInteger)))
    )
    return {row.person_id: row.address for row in session.execute(wanted)}
