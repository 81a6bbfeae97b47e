"""Who a challenge is for, decided here alone and evaluated when it is read: for lists, for verbs and for the count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.challenges.models import MOST_NAMED, AudienceMember, Challenge, Stage
from portal.challenges.stages.sites import PUBLIC_SECTOR, SITES
from portal.database.refusal import Invalid, explain
from portal.people.models import PersonRole
from portal.people.states import STAFF
from portal.points.models import Account, AccountKind, Level
from portal.references.sizes import SIZE_WORDS

CAP: Final = 1000
"""How far an audience is counted: beyond it nobody needs the number, and it is as quick with 100,000 advocates."""
LISTS: Final = ("industries", "countries", "sizes", "products")
_NO_END: Final = 2**62
"""More points than anybody has."""

explain("audience_named", _l("Somebody whom this audience names does not exist."))
explain("ck_challenge_people", _l("Nobody can be invited by name and left out by name."))
_BY_LEVEL: Final = _l("A challenge is meant for people on this level. Change its audience first.")
explain("fk_challenge_from_level_id_level", _BY_LEVEL)
explain("fk_challenge_to_level_id_level", _BY_LEVEL)


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody, or who fits all of what is chosen (an empty choice leaves it open), and whoever is named.

    Exceptions go before what is chosen; a person's name goes before both: who is named is in, who is named as an
    exception is out.
    """

    for_everybody: bool = False
    industries: Sequence[str] = ()
    countries: Sequence[str] = ()
    sizes: Sequence[str] = ()
    products: Sequence[str] = ()
    from_level_id: int | None = None
    to_level_id: int | None = None
    people: Sequence[int] = ()
    not_industries: Sequence[str] = ()
    not_countries: Sequence[str] = ()
    not_sizes: Sequence[str] = ()
    not_products: Sequence[str] = ()
    not_people: Sequence[int] = ()

    @property
    def has_rules(self) -> bool:
        """Whether it chooses by what people are, not by name."""
        lists = any(getattr(self, name) for name in LISTS)
        return lists or self.from_level_id is not None or self.to_level_id is not None

    @property
    def is_chosen(self) -> bool:
        """Whether it says anything; an audience of nobody cannot be published."""
        return self.for_everybody or self.has_rules or bool(self.people)

    @property
    def words(self) -> str:
        """What it says, in short."""
        said = [_("Everybody")] if self.for_everybody else [*self.industries, *self.countries]
        if not self.for_everybody:
            said += [str(SIZE_WORDS.get(size, size)) for size in self.sizes]
            said += self.products
            said += [_("by level")] if self.from_level_id or self.to_level_id else []
        if self.people:
            said.append(ngettext("%(num)s person by name", "%(num)s people by name", len(self.people)))
        out = sum(len(getattr(self, f"not_{name}")) for name in (*LISTS, "people"))
        if said and out:
            said.append(ngettext("with %(num)s exception", "with %(num)s exceptions", out))
        return ", ".join(said)


EVERYBODY: Final = Audience(for_everybody=True)
COLUMNS: Final = tuple(Audience.__dataclass_fields__)
"""Its fields, which are columns of the challenge too."""


def of(challenge: Challenge) -> Audience:
    """Who a challenge is for."""
    values: dict[str, Any] = {name: getattr(challenge, name) for name in COLUMNS}
    values.update({name: tuple(value) for name, value in values.items() if isinstance(value, list)})
    return Audience(**values)


def aim(session: Session, challenge: Challenge, audience: Audience) -> None:
    """Give a challenge its audience; where everybody is meant, only exceptions and names say more.

    Refuses `Invalid`: sizes that are none, levels in the wrong order, too many names, a name on both lists.
    """
    if not set(audience.sizes) | set(audience.not_sizes) <= set(SIZE_WORDS):
        raise Invalid(_l("There is no such company size."), field="sizes")
    if max(len(audience.people), len(audience.not_people)) > MOST_NAMED:
        raise Invalid(_l("Name at most %(most)s people.", most=MOST_NAMED), field="people")
    if set(audience.people) & set(audience.not_people):
        raise Invalid(_l("Nobody can be invited by name and left out by name."), field="not_people")
    low, high = _bounds(session, audience)
    if high is not None and low >= high:
        raise Invalid(_l("The last level lies below the first one."), field="to_level_id")
    for name in COLUMNS:
        value = getattr(audience, name)
        kept = not audience.for_everybody or name in ("for_everybody", "people") or name.startswith("not_")
        if isinstance(value, bool) or name.endswith("_id"):
            setattr(challenge, name, value if kept else None)
        else:
            setattr(challenge, name, list(dict.fromkeys(value)) if kept else [])


def reaches(person_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a challenge's audience holds the person, who is an active advocate."""
    member = aliased(AudienceMember)
    facets = ((member.industry, "industries"), (member.country, "countries"), (member.size_band, "sizes"))
    fits: list[ColumnElement[bool]] = [_within(member.person_id)]
    out: list[ColumnElement[bool]] = []
    for value, name in facets:
        wanted, barred = getattr(Challenge, name), getattr(Challenge, f"not_{name}")
        fits.append(or_(func.cardinality(wanted) == 0, value == func.any(wanted)))
        out.append(func.coalesce(value == func.any(barred), false()))
    fits.append(or_(func.cardinality(Challenge.products) == 0, member.products.bool_op("&&")(Challenge.products)))
    out.append(member.products.bool_op("&&")(Challenge.not_products))
    chosen = or_(Challenge.for_everybody, and_(_has_rules(), *fits))
    named = member.person_id == func.any(Challenge.people)
    barred = member.person_id == func.any(Challenge.not_people)
    return exists(
        select(member.person_id)
        .where(member.person_id == person_id, ~barred, or_(named, and_(chosen, ~or_(*out))))
        .correlate(Challenge)
    )


def keeps_to_rules_of_reviews(person_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that the person may be asked for the challenge's reviews: nobody who works for the program, and
    nobody of the public sector where a site does not allow it (trust.md, External reviews)."""
    member = aliased(AudienceMember)
    works_here = exists(select(PersonRole.role).where(PersonRole.person_id == person_id, PersonRole.role.in_(STAFF)))
    public = exists(
        select(member.person_id).where(member.person_id == person_id, func.lower(member.industry).in_(PUBLIC_SECTOR))
    )
    of_it = (Stage.challenge_id == Challenge.id, Stage.edition == Challenge.edition)
    reviewed = select(Stage.id).where(*of_it, Stage.kind == "review").correlate(Challenge)
    closed = [site.key for site in SITES if not site.public_sector]
    return and_(
        or_(~works_here, ~exists(reviewed)),
        or_(~public, ~exists(reviewed.where(Stage.setup["site"].astext.in_(closed)))),
    )


def size(session: Session, audience: Audience) -> int:
    """How many advocates it reaches, counted up to `CAP`."""
    if not audience.is_chosen:
        return 0
    member = AudienceMember
    found: list[Select[int]] = []
    if audience.for_everybody or audience.has_rules:
        found.append(_fitting(session, audience).limit(CAP + len(audience.people)))
    if audience.people:
        found.append(select(member.person_id).where(member.person_id.in_(audience.people)))
    reached = found[0].subquery() if len(found) == 1 else found[0].union(found[1]).subquery()
    wanted = select(reached.c.person_id)
    if audience.not_people:
        wanted = wanted.where(reached.c.person_id.not_in(audience.not_people))
    return session.scalar(select(func.count()).select_from(wanted.limit(CAP).subquery())) or 0


def _fitting(session: Session, audience: Audience) -> Select[int]:
    """Who is reached by what they are: only conditions that say something, so that an index can answer."""
    member = AudienceMember
    wanted = select(member.person_id)
    for value, name in ((member.industry, "industries"), (member.country, "countries"), (member.size_band, "sizes")):
        if getattr(audience, name):
            wanted = wanted.where(value.in_(getattr(audience, name)))
        if getattr(audience, f"not_{name}"):
            wanted = wanted.where(or_(value.is_(None), value.not_in(getattr(audience, f"not_{name}"))))
    if audience.products:
        wanted = wanted.where(member.products.bool_op("&&")(list(audience.products)))
    if audience.not_products:
        wanted = wanted.where(~member.products.bool_op("&&")(list(audience.not_products)))
    if audience.not_people:
        wanted = wanted.where(member.person_id.not_in(audience.not_people))
    low, high = _bounds(session, audience)
    if low > 0 or high is not None:
        wanted = wanted.join(Account, and_(Account.person_id == member.person_id, *_PERSONS))
        wanted = wanted.where(Account.lifetime >= low)
    return wanted if high is None else wanted.where(Account.lifetime < high)


_PERSONS: Final = (Account.kind == AccountKind.PERSON, Account.unit == "points")


def _within(person_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition that somebody's points lie within the challenge's levels."""
    points = select(Account.lifetime).where(Account.person_id == person_id, *_PERSONS).scalar_subquery()
    first, last, above = aliased(Level), aliased(Level), aliased(Level)
    low = select(first.threshold).where(first.id == Challenge.from_level_id).correlate(Challenge).scalar_subquery()
    top = select(last.threshold).where(last.id == Challenge.to_level_id).correlate(Challenge).scalar_subquery()
    high = select(func.coalesce(func.min(above.threshold), _NO_END)).where(above.threshold > top)
    return and_(
        or_(Challenge.from_level_id.is_(None), points >= low),
        or_(Challenge.to_level_id.is_(None), points < high.correlate(Challenge).scalar_subquery()),
    )


def _has_rules() -> ColumnElement[bool]:
    chosen = [func.cardinality(getattr(Challenge, name)) > 0 for name in LISTS]
    return or_(*chosen, Challenge.from_level_id.is_not(None), Challenge.to_level_id.is_not(None))


def _bounds(session: Session, audience: Audience) -> tuple[int, int | None]:
    """The lifetime points that its levels ask for: at least, and below (none: no upper end)."""
    if audience.from_level_id is None and audience.to_level_id is None:
        return 0, None
    needed = {level.id: level.threshold for level in session.execute(select(Level.id, Level.threshold))}
    if not {audience.from_level_id, audience.to_level_id} <= {None, *needed}:
        raise Invalid(_l("There is no such level."), field="from_level_id")
    low = needed[audience.from_level_id] if audience.from_level_id is not None else 0
    if audience.to_level_id is None:
        return low, None
    return low, min((each for each in needed.values() if each > needed[audience.to_level_id]), default=None)
