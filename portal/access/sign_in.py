"""Links by mail, to sign in or to set a password: once, within ten minutes, in the browser that asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import uuid4

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import Session

from portal import audit, jobs
from portal.access import throttle, tokens
from portal.access.models import Invitation, SignInLink
from portal.access.states import Purpose
from portal.access.visitor import may_sign_in
from portal.audit import Actor
from portal.clock import PORTAL_NOW, now
from portal.database.refusal import Gone, Invalid, Refusal
from portal.messages import messages
from portal.people.models import PersonEmail
from portal.people.people import ON_ROLE_CHANGE, lock_person, roles_of, verify_email
from portal.people.values import clean_address
from portal.web.session import hash_token

LIFETIME: Final = timedelta(minutes=10)
_OVER: Final = _l("This link was used, is older than ten minutes, or a newer one was sent. Ask for a new one.")
_WRONG: Final = _l("This code is not right, or it is older than ten minutes. Ask for a new link if you need one.")
_OPEN: Final = (SignInLink.used_at.is_(None), SignInLink.ended_at.is_(None), SignInLink.expires_at > PORTAL_NOW)
_LIVE: Final = (*_OPEN, SignInLink.person_id.is_not(None))
_MAILS: Final = {Purpose.SIGN_IN: "access.sign_in", Purpose.PASSWORD: "access.password"}


@dataclass(frozen=True, slots=True)
class Opened:
    """What a browser that opened a link may do: use it here, or type its code where it was asked for."""

    here: bool
    code: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who proved to read the mail, and the page they came for."""

    person_id: int
    next_path: str | None


def ask(
    session: Session,
    address: str,
    browser: str,
    *,
    ip: str = "",
    next_path: str | None = None,
    purpose: Purpose = Purpose.SIGN_IN,
) -> None:
    """Ask for a link to an address, from the browser that holds the secret `browser`.

    The same work is done for every address: whether somebody is mailed is found out by a job.
    Earlier links of the address for the same purpose end. Refuses `Invalid` addresses and `TooManyTries`.
    """
    clean = clean_address(address)
    counted = "ask" if purpose is Purpose.SIGN_IN else f"ask-{purpose.value}"
    throttle.hit(throttle.secret(f"{counted}-ip", throttle.network(ip)), 20, 3600)
    throttle.hit(throttle.secret(counted, clean.lower()), 3, 900)
    throttle.hit(throttle.secret(f"{counted}-day", clean.lower()), 5, 86_400)
    _end(session, and_(func.lower(SignInLink.address) == clean.lower(), SignInLink.purpose == purpose))
    seed, at, key = uuid4(), now(session), tokens.all_keys()[0]
    token = tokens.derive(tokens.prefix_of(purpose), seed, key)
    link = SignInLink(
        purpose=purpose,
        address=clean,
        seed=seed,
        token_hash=hash_token(token),
        code_hash=tokens.code_hash(tokens.code(token, key), seed, key),
        browser_hash=hash_token(browser),
        next_path=next_path,
        created_at=at,
        expires_at=at + LIFETIME,
    )
    session.add(link)
    session.flush()
    jobs.defer(session, "access.mail_link", link_id=link.id)


def mail_link(session: Session, link_id: int) -> None:
    """Mail a link that was asked for, if the address is the verified one of somebody who may come in.

    Whoever was invited and has not come in yet gets the invitation again.
    """
    link = session.get(SignInLink, link_id)
    if link is None or link.ended_at is not None or link.person_id is not None:
        return
    wanted = select(PersonEmail).where(func.lower(PersonEmail.address) == link.address.lower())
    email = session.scalar(wanted)
    if email is None:
        return
    person = lock_person(session, email.person_id)
    if email.verified_at is not None and may_sign_in(person, roles_of(session, person.id)):
        link.person_id = person.id
        session.flush()
        messages.notify(session, person.id, _MAILS[link.purpose], link_id=link.id)
        return
    open_invitation = select(Invitation.id).where(
        Invitation.person_id == person.id,
        func.lower(Invitation.address) == link.address.lower(),
        Invitation.accepted_at.is_(None),
        Invitation.ended_at.is_(None),
        Invitation.expires_at > PORTAL_NOW,
    )
    invitation_id = session.scalar(open_invitation.limit(1))
    if invitation_id is not None:
        messages.notify(session, person.id, "access.invitation", invitation_id=invitation_id)


def look(session: Session, token: str, browser: str, *, purpose: Purpose = Purpose.SIGN_IN) -> Opened:
    """What a browser may do with a link that it opened; changes nothing, since mail scanners open links too.

    Refuses `Gone`: used, ended, older than ten minutes, or none of ours.
    """
    of_token = (SignInLink.token_hash == hash_token(token), SignInLink.purpose == purpose)
    link = session.scalar(select(SignInLink).where(*of_token, *_LIVE))
    if link is None:
        raise Gone(_OVER)
    codes = (tokens.code(token, key) for key in tokens.all_keys())
    digits = next((code for code in codes if tokens.is_code(code, link.seed, link.code_hash)), "")
    return Opened(here=link.browser_hash == hash_token(browser), code=digits)


def follow(session: Session, token: str, browser: str, *, purpose: Purpose = Purpose.SIGN_IN) -> Arrived:
    """Use a link, once, in the browser that asked. Refuses `Gone`."""
    here = and_(SignInLink.token_hash == hash_token(token), SignInLink.browser_hash == hash_token(browser))
    return _use(session, and_(here, SignInLink.purpose == purpose), Gone(_OVER))


def by_code(
    session: Session, digits: str, browser: str, *, ip: str = "", purpose: Purpose = Purpose.SIGN_IN
) -> Arrived:
    """Use the link that this browser asked for, by the code shown where it was opened.

    A try costs the same whether somebody has the address that was asked for or nobody. Refuses `Invalid` (wrong or
    late) and `TooManyTries`.
    """
    throttle.hit(throttle.secret("code-ip", throttle.network(ip)), 30, 3600)
    throttle.hit(throttle.secret("code", hash_token(browser)), 5, 600)
    throttle.hit("code-all", 1000, 300)
    typed = "".join(digits.split())
    of_browser = (SignInLink.browser_hash == hash_token(browser), SignInLink.purpose == purpose)
    asked = select(SignInLink).where(*of_browser, *_OPEN)
    links = session.scalars(asked.order_by(SignInLink.id.desc()).limit(5)).all()
    right = [link.id for link in links if tokens.is_code(typed, link.seed, link.code_hash)]
    wrong = Invalid(_WRONG, field="code")
    if not right:
        raise wrong
    return _use(session, SignInLink.id == right[0], wrong)


def end_links(session: Session, person_id: int) -> None:
    """End the open links of a person: suspended, or their rights have changed."""
    _end(session, SignInLink.person_id == person_id)


def forget_old(session: Session) -> int:
    """Delete links of yesterday and before: they hold addresses, also of people who are not known here."""
    old = delete(SignInLink).where(SignInLink.expires_at < PORTAL_NOW - timedelta(days=1)).returning(SignInLink.id)
    return len(session.execute(old).all())


def _use(session: Session, which: ColumnElement[bool], refusal: Refusal) -> Arrived:
    """Use the link up, under its person's lock: whoever sets a password at this moment ends links and sessions."""
    whose = session.scalar(select(SignInLink.person_id).where(which, *_LIVE))
    if whose is None:
        raise refusal
    person = lock_person(session, whose)
    once = update(SignInLink).where(which, *_LIVE).values(used_at=PORTAL_NOW)
    used = session.execute(once.returning(SignInLink.address, SignInLink.next_path, SignInLink.purpose)).first()
    if used is None or not may_sign_in(person, roles_of(session, person.id)):
        raise refusal
    verify_email(session, person.id, used.address)
    audit.record(session, f"{used.purpose.value}.link", f"person:{person.id}", by=Actor(person.id))
    return Arrived(person.id, used.next_path)


def _end(session: Session, of_whom: ColumnElement[bool]) -> None:
    still_open = update(SignInLink).where(of_whom, SignInLink.used_at.is_(None), SignInLink.ended_at.is_(None))
    session.execute(still_open.values(ended_at=PORTAL_NOW))


ON_ROLE_CHANGE.append(end_links)
