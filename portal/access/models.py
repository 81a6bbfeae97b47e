"""Ways in: sessions, links by mail, passwords, invitations, nominations, terms, and the count of tries.

Tokens are never stored, only their SHA-256; what a mail needs is derived from `seed` and the secret key (tokens.py).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    and_,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.access.states import NominationState, Purpose, TermsKind
from portal.clock import PORTAL_NOW
from portal.database import Base, Identified, choices
from portal.people.models import LONGEST_ADDRESS, LONGEST_NAME
from portal.people.states import Role


class LoginSession(Identified, Base):
    """A browser that somebody is signed in with; ends after `idle_seconds` without a visit or at `expires_at`."""

    __tablename__ = "login_session"
    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
        CheckConstraint("char_length(user_agent) <= 200", name="user_agent"),
        CheckConstraint("idle_seconds > 0 AND expires_at > created_at", name="ends"),
        Index("ix_login_session_person_id", "person_id"),
        Index("ix_login_session_expires_at", "expires_at"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    last_seen_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    expires_at: Mapped[datetime]
    idle_seconds: Mapped[int] = mapped_column(Integer)
    user_agent: Mapped[str] = mapped_column(server_default="")

    @classmethod
    def is_live(cls) -> ColumnElement[bool]:
        """As SQL: neither the time without a visit nor the time at all is over."""
        idle = func.make_interval(0, 0, 0, 0, 0, 0, cls.idle_seconds)
        return and_(cls.expires_at > PORTAL_NOW, cls.last_seen_at + idle > PORTAL_NOW)


class SignInLink(Base):
    """A link that somebody asked for by mail, known address or not; asked again, the earlier ones end."""

    __tablename__ = "sign_in_link"
    __table_args__ = (
        CheckConstraint(f"char_length(address) <= {LONGEST_ADDRESS}", name="address"),
        CheckConstraint(
            "expires_at > created_at AND expires_at <= created_at + interval '10 minutes'", name="expires_at"
        ),
        CheckConstraint("used_at IS NULL OR person_id IS NOT NULL", name="used"),
        Index("uq_sign_in_link_token_hash", "token_hash", unique=True),
        Index("ix_sign_in_link_browser_hash", "browser_hash"),
        Index("ix_sign_in_link_address", func.lower(text("address"))),
        Index("ix_sign_in_link_person_id", "person_id"),
        Index("ix_sign_in_link_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(choices(Purpose, "purpose"), server_default="sign_in")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    address: Mapped[str]
    seed: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid())
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    next_path: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Password(Base):
    """How a person signs in beside mail links, if they chose to: argon2id, no weaker than the CHECK says.

    A trigger ends the person's sessions and open links whenever one is set, replaced or removed.
    """

    __tablename__ = "password"
    __table_args__ = (
        CheckConstraint(
            "hash ~ '^[$]argon2id[$]v=19[$]m=[0-9]+,t=[0-9]+,p=[0-9]+[$][A-Za-z0-9+/]{22,}[$][A-Za-z0-9+/]{43,}$'"
            " AND char_length(hash) <= 200",
            name="argon2id",
        ),
        CheckConstraint(
            "substring(hash FROM '[$]m=([0-9]+),')::bigint >= 19456"
            " AND substring(hash FROM ',t=([0-9]+),')::bigint >= 2",
            name="strong",
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    hash: Mapped[str]
    set_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class Invitation(Identified, Base):
    """An invitation with a role, to be used once within 14 days, in any browser."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint(f"char_length(address) <= {LONGEST_ADDRESS}", name="address"),
        CheckConstraint("expires_at > created_at", name="expires_at"),
        CheckConstraint("accepted_at IS NULL OR ended_at IS NULL", name="one_end"),
        Index("uq_invitation_token_hash", "token_hash", unique=True),
        Index(
            "uq_invitation_open",
            "person_id",
            "role",
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND ended_at IS NULL"),
        ),
        Index("ix_invitation_person_id", "person_id"),
        Index(
            "ix_invitation_waiting",
            text("expires_at DESC"),
            text("id DESC"),
            postgresql_where=text("accepted_at IS NULL AND ended_at IS NULL"),
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    address: Mapped[str]
    role: Mapped[Role] = mapped_column(choices(Role, "role"))
    seed: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid())
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Nomination(Identified, Base):
    """Somebody of the staff proposes a customer as advocate; a manager decides."""

    __tablename__ = "nomination"
    __table_args__ = (
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name"),
        CheckConstraint(f"char_length(address) <= {LONGEST_ADDRESS}", name="address"),
        CheckConstraint("char_length(reason) <= 1000", name="reason"),
        CheckConstraint("char_length(note) <= 1000", name="note"),
        CheckConstraint(
            "(state = 'new') = (decided_at IS NULL) AND (decided_at IS NULL OR decided_by IS NOT NULL)", name="decided"
        ),
        CheckConstraint("state <> 'approved' OR person_id IS NOT NULL", name="approved"),
        Index("uq_nomination_open", func.lower(text("address")), unique=True, postgresql_where=text("state = 'new'")),
        Index("ix_nomination_address", func.lower(text("address"))),
        Index("ix_nomination_state", "state", "id"),
        Index("ix_nomination_nominated_by", "nominated_by", "id"),
        Index("ix_nomination_person_id", "person_id"),
    )

    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    address: Mapped[str]
    title: Mapped[str | None]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    company_name: Mapped[str | None]
    reason: Mapped[str]
    state: Mapped[NominationState] = mapped_column(choices(NominationState, "state"), server_default="new")
    nominated_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None]


class TermsVersion(Base):
    """A version of the terms or the privacy notice; append-only, so that what was accepted can be shown for ever."""

    __tablename__ = "terms_version"
    __table_args__ = (
        CheckConstraint("sha256 = sha256(convert_to(text, 'UTF8'))", name="sha256"),
        Index("uq_terms_version_kind_locale_version", "kind", "locale", "version", unique=True),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[TermsKind] = mapped_column(choices(TermsKind, "kind"))
    version: Mapped[int] = mapped_column(Integer)
    locale: Mapped[str]
    text: Mapped[str]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class TermsAcceptance(Base):
    """A person accepted a version; append-only."""

    __tablename__ = "terms_acceptance"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    terms_version_id: Mapped[int] = mapped_column(ForeignKey("terms_version.id"), primary_key=True)
    accepted_at: Mapped[datetime] = mapped_column(server_default=PORTAL_NOW)


class Throttle(Base):
    """How often something was tried in one stretch of time; `key` is a purpose and a hash, never an address."""

    __tablename__ = "throttle"
    __table_args__ = (Index("ix_throttle_window_start", "window_start"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    hits: Mapped[int] = mapped_column(Integer)
