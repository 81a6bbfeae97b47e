"""Companies, people, their addresses and roles, products."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CHAR, CheckConstraint, ForeignKey, Identity, Index, Integer, Numeric, false, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices
from portal.people.states import STAFF, AdvocateStatus, Role

LONGEST_NAME = 200
LONGEST_ADDRESS = 254


def size_band(employees: int | None) -> str | None:
    """The band of a head count, as sales filter by it; the database's `portal_size_band` says the same."""
    if employees is None or employees < 1:
        return None
    for upper, band in ((50, "1-49"), (500, "50-499"), (5000, "500-4999")):
        if employees < upper:
            return band
    return "5000+"


SIZE_BANDS = ("1-49", "50-499", "500-4999", "5000+")


def initials(name: str) -> str:
    """The first letters of the first and last word: what stands for a person whose name is not disclosed."""
    words = name.split()
    return "".join(word[0].upper() for word in (words[:1] + words[1:][-1:]))


class Company(Identified, Base):
    """A customer company (the CRM's *Account*), or a prospect's."""

    __tablename__ = "company"
    __table_args__ = (
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name"),
        CheckConstraint("employees >= 0", name="employees"),
        CheckConstraint("parent_id <> id", name="parent"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        Index("uq_company_domain", func.lower(text("domain")), unique=True),
        Index("uq_company_crm_id", "crm_id", unique=True),
        Index("ix_company_name", func.lower(text("name"))),
        Index("ix_company_parent_id", "parent_id"),
    )

    name: Mapped[str]
    domain: Mapped[str | None]
    crm_id: Mapped[str | None]
    industry: Mapped[str | None]
    country: Mapped[str | None]
    employees: Mapped[int | None] = mapped_column(Integer)
    revenue: Mapped[Decimal | None] = mapped_column(Numeric)
    currency: Mapped[str | None] = mapped_column(CHAR(3))
    founded: Mapped[int | None] = mapped_column(Integer)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)

    @property
    def size_band(self) -> str | None:
        """The band of the company's head count."""
        return size_band(self.employees)


class Person(Identified, Base):
    """Anyone with an identity here; without an address they are known and cannot sign in yet."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name"),
        Index("ix_person_company_id", "company_id"),
        Index("uq_person_crm_id", "crm_id", unique=True),
        Index("ix_person_name", func.lower(text("name")), "id"),
        Index("ix_person_advocate_status", "advocate_status"),
    )

    name: Mapped[str]
    title: Mapped[str | None]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    office: Mapped[str | None]
    reports_to: Mapped[str | None]
    crm_id: Mapped[str | None]
    locale: Mapped[str] = mapped_column(server_default="en")
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    advocate_status: Mapped[AdvocateStatus | None] = mapped_column(choices(AdvocateStatus, "advocate_status"))
    suspended_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)

    company: Mapped[Company | None] = relationship(lazy="raise", viewonly=True)

    @property
    def initials(self) -> str:
        """First letters of the first and last word of the name."""
        return initials(self.name)


class PersonEmail(Base):
    """One address of a person; an address belongs to one person only, whatever its capitals."""

    __tablename__ = "person_email"
    __table_args__ = (
        CheckConstraint(
            f"char_length(address) <= {LONGEST_ADDRESS} AND address !~ '[[:space:][:cntrl:]]'"
            " AND address ~ '^[^@]+@[^@]+$'",
            name="address",
        ),
        Index("uq_person_email_address", func.lower(text("address")), unique=True),
        Index("uq_person_email_primary", "person_id", unique=True, postgresql_where=text("is_primary")),
        Index("ix_person_email_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    address: Mapped[str]
    verified_at: Mapped[datetime | None]
    is_primary: Mapped[bool] = mapped_column(server_default=false())


class PersonRole(Base):
    """A role that a person holds."""

    __tablename__ = "person_role"
    __table_args__ = (Index("ix_person_role_role", "role"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(choices(Role, "role"), primary_key=True)
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    granted_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class Product(Identified, Base):
    """What the company sells and advocates speak about."""

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        Index("uq_product_name", func.lower(text("name")), unique=True),
    )

    name: Mapped[str]
    series: Mapped[str | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric)
    currency: Mapped[str | None] = mapped_column(CHAR(3))
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


__all__ = [
    "SIZE_BANDS",
    "STAFF",
    "AdvocateStatus",
    "Company",
    "Person",
    "PersonEmail",
    "PersonRole",
    "Product",
    "Role",
    "initials",
    "size_band",
]
