"""What this slice writes to people: links to sign in, passwords, invitations, news of nominations."""

from __future__ import annotations

from typing import cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.access import tokens
from portal.access.invitations import is_open, path_of
from portal.access.models import Invitation, SignInLink
from portal.clock import now
from portal.messages.kinds import Data, MessageKind, message_kind
from portal.messages.models import Message
from portal.messages.states import Reason
from portal.people.models import PersonEmail
from portal.people.states import MANAGERS, STAFF, Role


@message_kind
class SignIn(MessageKind):
    """The link that somebody asked for; its token is made in the mail only."""

    key = "access.sign_in"
    title = _l("Links to sign in")
    why = _l("Somebody asked for a link to sign in with your address.")
    category = "account"
    icon = "key-round"
    in_portal = False
    page = "/sign-in/"

    def subject(self, data: Data) -> str:
        """One line."""
        return _("Your link to sign in")

    def body(self, data: Data) -> list[str]:
        """The paragraphs."""
        return [
            _("The link works once, for 10 minutes, in the browser where you asked for it."),
            _("If you open it on another device, it shows a code to type where you asked."),
        ]

    def action(self, data: Data) -> str:
        """The button."""
        return _("Sign in")

    def note(self, data: Data) -> str:
        """What to do if it was not you."""
        return _("You did not ask for it? Then do nothing, and never pass on the code: nobody can come in without it.")

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Only while the link works."""
        link = _link(session, message)
        if link is None or link.ended_at is not None or link.used_at is not None:
            return Reason.SUPERSEDED
        return Reason.EXPIRED if link.expires_at <= now(session) else None

    def path(self, session: Session, message: Message) -> str | None:
        """The page of the link."""
        link = _link(session, message)
        token = tokens.again(tokens.prefix_of(link.purpose), link.seed, link.token_hash) if link else None
        return f"{self.page}{token}" if token else None

    def address(self, session: Session, message: Message) -> str | None:
        """The address that was typed, not another one of the person."""
        link = _link(session, message)
        return link.address if link else None


@message_kind
class PasswordLink(SignIn):
    """The link that somebody asked for to set a password."""

    key = "access.password"
    title = _l("Links to set a password")
    why = _l("Somebody asked to set a password for your address.")
    page = "/password/"

    def subject(self, data: Data) -> str:
        """One line."""
        return _("Set your password")

    def action(self, data: Data) -> str:
        """The button."""
        return _("Choose a password")

    def note(self, data: Data) -> str:
        """What to do if it was not you."""
        return _("You did not ask for it? Then do nothing, and never pass on the code: your password stays as it is.")


@message_kind
class PasswordChanged(MessageKind):
    """Tells every confirmed address that a password was set, replaced or removed."""

    key = "access.password_changed"
    title = _l("Changes of your password")
    why = _l("It concerns how you sign in.")
    readers = frozenset(Role)
    category = "account"
    icon = "shield"
    in_portal = False

    def subject(self, data: Data) -> str:
        """One line."""
        return {
            "set": _("You have a password now"),
            "replaced": _("Your password was changed"),
            "removed": _("Your password was removed"),
        }[data["what"]]

    def body(self, data: Data) -> list[str]:
        """The paragraphs."""
        if data["what"] == "removed":
            return [_("You sign in by mail links from now on. All other browsers were signed out.")]
        return [_("You sign in with it, or by mail links as before. All other browsers were signed out.")]

    def action(self, data: Data) -> str:
        """The button."""
        return _("See your account")

    def note(self, data: Data) -> str:
        """What to do if it was not you."""
        return _("It was not you? Set a new password by mail from the sign-in page, and tell the program team.")

    def path(self, session: Session, message: Message) -> str | None:
        """The account."""
        return "/account"

    def address(self, session: Session, message: Message) -> str | None:
        """Each confirmed address gets a mail of its own."""
        return session.get_one(PersonEmail, message.data["email_id"]).address


@message_kind
class Invited(MessageKind):
    """An invitation to the program or to a desk."""

    key = "access.invitation"
    title = _l("Invitations")
    why = _l("The program team has invited you.")
    category = "account"
    icon = "mail"
    in_portal = False

    def subject(self, data: Data) -> str:
        """One line."""
        return _("You are invited")

    def body(self, data: Data) -> list[str]:
        """The paragraphs."""
        return [
            _("We would like to have you in our customer program. You choose what you do, and can stop at any time."),
            _("Have a look at what it is about; it takes a minute to join. No password needed."),
        ]

    def action(self, data: Data) -> str:
        """The button."""
        return _("See the invitation")

    def note(self, data: Data) -> str:
        """How long it holds."""
        return _("The link works once, for 14 days. It is meant for you alone; please do not pass it on.")

    def may_send(self, session: Session, message: Message) -> Reason | None:
        """Only while it can be accepted."""
        return None if is_open(session, message.data["invitation_id"]) else Reason.SUPERSEDED

    def path(self, session: Session, message: Message) -> str | None:
        """The page of the invitation."""
        return path_of(session.get_one(Invitation, message.data["invitation_id"]))

    def address(self, session: Session, message: Message) -> str | None:
        """The address that was invited."""
        return session.get_one(Invitation, message.data["invitation_id"]).address


@message_kind
class Nominated(MessageKind):
    """Tells the managers that somebody waits for their decision."""

    key = "access.nominated"
    title = _l("Customers are nominated")
    why = _l("You decide about nominations.")
    readers = MANAGERS
    category = "needs_you"
    icon = "user-plus"

    def subject(self, data: Data) -> str:
        """One line."""
        return _("%(name)s was nominated", name=data["name"])

    def body(self, data: Data) -> list[str]:
        """The paragraphs."""
        return [_("A colleague thinks they would be a good advocate. Approving sends the invitation.")]

    def action(self, data: Data) -> str:
        """The button."""
        return _("Decide")


@message_kind
class NominationDecided(MessageKind):
    """Tells the colleague who nominated what came of it."""

    key = "access.nomination_decided"
    title = _l("Decisions on whom you nominated")
    why = _l("You nominated this customer.")
    readers = STAFF
    icon = "user-check"

    def subject(self, data: Data) -> str:
        """One line."""
        if data["approved"]:
            return _("%(name)s is invited", name=data["name"])
        return _("%(name)s is not invited for now", name=data["name"])

    def body(self, data: Data) -> list[str]:
        """The manager's note."""
        return [data["note"]] if data.get("note") else []

    def action(self, data: Data) -> str:
        """The button."""
        return _("See what happened")


def _link(session: Session, message: Message) -> SignInLink | None:
    return cast("SignInLink | None", session.get(SignInLink, message.data["link_id"]))
