"""The messages that challenges send: words, and when they may still go."""

from __future__ import annotations

from typing import Final

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, bindparam, exists, select
from sqlalchemy.orm import Session

from portal.challenges.models import StageResponse, Submission
from portal.challenges.states import Reason, ResponseState, State
from portal.challenges.work import Work
from portal.database.prepared import Prepared
from portal.messages import messages
from portal.messages.kinds import Data, MessageKind, message_kind
from portal.messages.models import Message
from portal.messages.states import Reason as Held
from portal.people.models import Person, PersonRole, Role
from portal.people.states import MANAGERS

QUEUE: str = "/admin/approvals"


class _AboutSubmission(MessageKind):
    """Goes only while the submission still stands where the message says."""

    state: State

    def may_send(self, session: Session, message: Message) -> Held | None:
        """A later change makes it pointless."""
        number = int((message.subject_ref or "submission:0").partition(":")[2])
        stands = session.scalar(select(Submission.state).where(Submission.id == number))
        return None if stands is self.state else Held.SUPERSEDED


@message_kind
class Approved(_AboutSubmission):
    """The work was accepted and paid."""

    key = "challenges.approved"
    title = _l("Your work is approved")
    why = _l("You handed this in.")
    icon = "circle-check"
    tone = "ok"
    state = State.APPROVED

    def subject(self, data: Data) -> str:
        """What was approved, and what it brought."""
        points = int(data.get("points", 0))
        if not points:
            return str(_("Approved: %(title)s", title=data["title"]))
        return str(_("+%(points)s for “%(title)s”", points=format_decimal(points), title=data["title"]))

    def body(self, data: Data) -> list[str]:
        """The manager's note, where there is one."""
        thanks = _("Your work was looked at and accepted. Thank you.")
        return [str(data["comment"])] if data.get("comment") else [thanks]

    def action(self, data: Data) -> str:
        """The word on the button."""
        return str(_("See the challenge"))


@message_kind
class ChangesAsked(_AboutSubmission):
    """A manager asks for changes to named steps."""

    key = "challenges.changes_asked"
    title = _l("Changes are asked for")
    why = _l("You handed this in.")
    category = "needs_you"
    icon = "undo-2"
    tone = "warn"
    state = State.REDO_REQUESTED

    def subject(self, data: Data) -> str:
        """What is almost there."""
        return str(_("Almost there: %(title)s", title=data["title"]))

    def body(self, data: Data) -> list[str]:
        """What should change, and where."""
        steps = list(data.get("steps", []))
        where = ngettext(
            "The step to change: %(steps)s.", "The steps to change: %(steps)s.", len(steps), steps=", ".join(steps)
        )
        return [str(data["comment"]), where, _("What was accepted stays accepted and keeps its points.")]

    def action(self, data: Data) -> str:
        """The word on the button."""
        return str(_("Make the changes"))


@message_kind
class Rejected(_AboutSubmission):
    """The work was not accepted."""

    key = "challenges.rejected"
    title = _l("Your work is not approved")
    why = _l("You handed this in.")
    icon = "info"
    tone = "info"
    state = State.REJECTED

    def subject(self, data: Data) -> str:
        """What was not accepted."""
        return str(_("Not accepted: %(title)s", title=data["title"]))

    def body(self, data: Data) -> list[str]:
        """Why, and what stays."""
        lines = [str(Reason(data["reason"]).label)]
        if data.get("comment"):
            lines.append(str(data["comment"]))
        return [*lines, _("Steps that were accepted before keep their points.")]

    def action(self, data: Data) -> str:
        """The word on the button."""
        return str(_("See the challenge"))


@message_kind
class HandedIn(_AboutSubmission):
    """Something waits in the review queue; only in the portal, and once until it is read."""

    key = "challenges.handed_in"
    title = _l("Work to approve")
    why = _l("You decide about what advocates hand in.")
    readers = MANAGERS
    category = "needs_you"
    icon = "inbox"
    mail = False
    state = State.SUBMITTED

    def subject(self, data: Data) -> str:
        """What was handed in."""
        return str(_("Waiting for your decision: %(title)s", title=data["title"]))

    def action(self, data: Data) -> str:
        """The word on the button."""
        return str(_("Open the queue"))


def approved(session: Session, work: Work) -> None:
    """Tell the advocate that the work was accepted, with all points that it brought."""
    points = sum(one.points for one in work.submission.responses if one.state is ResponseState.ACCEPTED)
    _tell(session, work, Approved.key, points=points)


def changes_asked(session: Session, work: Work) -> None:
    """Tell the advocate which steps should change, and why."""
    named = [one for one in work.submission.responses if one.state is ResponseState.REDO_REQUESTED]
    steps = [one.stage.title for one in sorted(named, key=_position)]
    _tell(session, work, ChangesAsked.key, steps=steps)


def rejected(session: Session, work: Work) -> None:
    """Tell the advocate that the work was not accepted, and why."""
    _tell(session, work, Rejected.key, reason=work.submission.reason)


def handed_in(session: Session, work: Work) -> None:
    """Tell the managers that something waits, each once until they have read it."""
    for manager_id in (row.id for row in _untold(session, but=work.submission.person_id)):
        messages.notify(
            session,
            manager_id,
            HandedIn.key,
            link=QUEUE,
            subject_ref=f"submission:{work.submission.id}",
            title=work.challenge,
        )


def _tell(session: Session, work: Work, kind: str, **data: object) -> None:
    messages.notify(
        session,
        work.submission.person_id,
        kind,
        link=f"/challenges/{work.public_id}",
        subject_ref=f"submission:{work.submission.id}",
        title=work.challenge,
        comment=work.submission.comment,
        **data,
    )


def _position(response: StageResponse) -> int:
    return response.stage.position


_TOLD: Final = exists().where(Message.person_id == Person.id, Message.kind == HandedIn.key, Message.read_at.is_(None))
_untold: Final = Prepared(
    lambda: (
        select(Person.id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(
            PersonRole.role == Role.MANAGER,
            Person.suspended_at.is_(None),
            Person.id != bindparam("but", type_=BigInteger),
            ~_TOLD,
        )
        .order_by(Person.id)
        .limit(100)
    )
)
"""Managers, but for who handed in, with nothing unread that says that something waits."""
