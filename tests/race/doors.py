"""Links of the doors, as races need them: made and mailed through the verbs."""

from __future__ import annotations

from sqlalchemy import select

from portal.access import invitations, sign_in, terms, tokens
from portal.access.models import SignInLink
from portal.audit import Actor

from .arena import Arena
from .cast import somebody, who

BROWSER = "a-browser-that-asked".ljust(43, "x")


def invited(arena: Arena) -> tuple[str, list[int]]:
    """The token of an open invitation, and the versions of the terms in force."""
    stranger = somebody(arena)

    def work(session):  # type: ignore[no-untyped-def]
        admin = Actor(None, frozenset({"admin"}))
        made = invitations.invite(session, who(stranger), "ana@harbor.example", "advocate", by=admin)
        return invitations.path_of(made).rpartition("/")[2], [version.id for version in terms.in_force(session)]

    found: tuple[str, list[int]] = arena.do(work)
    return found


def mailed(arena: Arena) -> tuple[str, str]:
    """The token of a sign-in link that was mailed, and its code."""
    ana = somebody(arena, "advocate", email=True)
    address = arena.one("SELECT address FROM person_email WHERE person_id = %(id)s", id=who(ana))
    arena.do(lambda s: sign_in.ask(s, address, BROWSER))
    link_id = arena.one("SELECT max(id) FROM sign_in_link")
    arena.do(lambda s: sign_in.mail_link(s, link_id))

    def work(session):  # type: ignore[no-untyped-def]
        link = session.scalars(select(SignInLink).where(SignInLink.id == link_id)).one()
        token = tokens.again(tokens.SIGN_IN, link.seed, link.token_hash)
        assert token is not None
        return token, tokens.code(token, tokens.all_keys()[0])

    found: tuple[str, str] = arena.do(work)
    return found
