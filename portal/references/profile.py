"""The reference profile: what a consented advocate lets sales see, in their own words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit
from portal.audit import Actor
from portal.clock import now
from portal.consent.models import ConsentCurrent, ConsentEvent
from portal.database.refusal import Invalid, NotAllowed
from portal.people.models import Company, Person, Product
from portal.people.people import lock_person
from portal.references.models.pool import LONGEST_ABOUT, LONGEST_HEADLINE, ReferenceProfile

LONGEST_WORD: Final = 40
MOST_WORDS: Final = 12
_CONTACT: Final = re.compile(r"[^\s@]+@[^\s@]+\.[a-z]|https?://|www\.|\+?\d(?:[ ()./-]?\d){7,}", re.IGNORECASE)
_ONLY_BY_AGREEING: Final = _l(
    "You agreed without your company's name. Agree again under My references with it, then it is shown."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a profile shall say; lists hold words as people read them."""

    headline: str = ""
    about: str = ""
    products: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    company_name_shown: bool = False


def of(session: Session, person_id: int) -> Wanted:
    """What a person's profile says; empty where there is none yet."""
    stored = session.get(ReferenceProfile, person_id)
    if stored is None:
        return Wanted()
    return Wanted(
        stored.headline or "",
        stored.about or "",
        tuple(stored.products),
        tuple(stored.topics),
        tuple(stored.languages),
        stored.company_name_shown,
    )


def change(session: Session, person_id: int, wanted: Wanted, *, by: Actor) -> ReferenceProfile:
    """Write a profile; the pool follows at once.

    Refuses `NotAllowed` for anybody but the person, and `Invalid`: too long, unknown products, contact data, and words
    that tell before acceptance who it is (the person's name; the company's, unless it may be shown). The company's name
    is hidden here at any time, and shown only where that is part of what they agreed to, as the receipt says.
    """
    if by.person_id != person_id:
        raise NotAllowed
    person = lock_person(session, person_id)
    clean = checked(session, person, wanted)
    if clean.company_name_shown and agreed_without_the_company(session, person_id):
        raise Invalid(_ONLY_BY_AGREEING, field="company_name_shown")
    stored = _stored(session, person_id)
    stored.headline, stored.about = clean.headline or None, clean.about or None
    stored.products, stored.topics, stored.languages = list(clean.products), list(clean.topics), list(clean.languages)
    stored.company_name_shown = clean.company_name_shown
    stored.updated_at = now(session)
    session.flush()
    audit.record(session, "profile.change", f"person:{person_id}", by=by, company_name_shown=clean.company_name_shown)
    return stored


def show_company_name(session: Session, person_id: int, *, shown: bool) -> None:
    """Note whether the company's name may be seen before acceptance; said with each consent, under their lock."""
    _stored(session, person_id).company_name_shown = shown
    session.flush()


def checked(session: Session, person: Person, wanted: Wanted) -> Wanted:
    """The same, tidied. Refuses `Invalid` as `change` does."""
    clean = Wanted(
        _text(wanted.headline, LONGEST_HEADLINE, "headline"),
        _text(wanted.about, LONGEST_ABOUT, "about", lines=True),
        _known_products(session, wanted.products),
        _words(wanted.topics, "topics"),
        _words(wanted.languages, "languages"),
        wanted.company_name_shown,
    )
    company = session.get(Company, person.company_id) if person.company_id else None
    hidden = None if clean.company_name_shown or company is None else company.name
    for field, said in (
        ("headline", clean.headline),
        ("about", clean.about),
        ("topics", " ".join(clean.topics)),
        ("languages", " ".join(clean.languages)),
    ):
        _tells_nobody(said, field, person.name, hidden)
    return clean


def agreed_without_the_company(session: Session, person_id: int) -> bool:
    """Whether somebody agreed, for some audience at least, without their company's name."""
    without = (
        select(ConsentEvent.id)
        .join(ConsentCurrent, ConsentCurrent.event_id == ConsentEvent.id)
        .where(ConsentCurrent.person_id == person_id, ConsentCurrent.live, ConsentEvent.company_name_ok.is_(False))
    )
    return session.scalar(without.limit(1)) is not None


def _tells_nobody(said: str, field: str, name: str, company: str | None) -> None:
    if _CONTACT.search(said):
        raise Invalid(_l("Leave addresses, links and numbers out: they are shown once you accept a call."), field=field)
    if any(_contains(said, part) for part in {name, name.rsplit(maxsplit=1)[-1]} if len(part) > 2):
        raise Invalid(_l("Leave your name out: it is shown once you accept a call."), field=field)
    if company and _contains(said, company):
        raise Invalid(_l("This names your company. Leave it out, or let the company's name be shown."), field=field)


def _contains(said: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said, re.IGNORECASE) is not None


def _stored(session: Session, person_id: int) -> ReferenceProfile:
    stored = session.get(ReferenceProfile, person_id, populate_existing=True)
    if stored is None:
        stored = ReferenceProfile(person_id=person_id)
        session.add(stored)
    return stored


def _text(value: str, longest: int, field: str, *, lines: bool = False) -> str:
    clean = (
        "\n".join(" ".join(line.split()) for line in value.strip().splitlines()) if lines else " ".join(value.split())
    )
    if len(clean) > longest:
        raise Invalid(_l("Please shorten this to %(longest)s characters.", longest=longest), field=field)
    if not all(character.isprintable() or character == "\n" for character in clean):
        raise Invalid(_l("This contains characters that cannot be shown."), field=field)
    return clean


def _words(values: Iterable[str], field: str) -> tuple[str, ...]:
    clean = list(dict.fromkeys(word for value in values if (word := _text(value, LONGEST_WORD, field))))
    if len(clean) > MOST_WORDS:
        raise Invalid(_l("Please keep to %(most)s entries, separated by commas.", most=MOST_WORDS), field=field)
    return tuple(clean)


def _known_products(session: Session, names: Iterable[str]) -> tuple[str, ...]:
    wanted = set(names)
    if not wanted:
        return ()
    known = session.scalars(select(Product.name).where(Product.name.in_(wanted)).order_by(Product.name).limit(21)).all()
    if len(known) != len(wanted) or len(known) > 20:
        raise Invalid(_l("Choose up to 20 products of the list."), field="products")
    return tuple(known)
