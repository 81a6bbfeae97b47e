"""What a kind of stage is: how it is shown, what may be handed in, who accepts it. Each kind is one module here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from flask_babel import gettext as _
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import Session

from portal.challenges.models import Challenge, StageResponse
from portal.challenges.states import Reason, Verification
from portal.database.refusal import Invalid
from portal.web.forms import Form


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was handed in, as the manager sees it."""

    label: str
    text: str
    quoted: bool = False
    address: str | None = None
    """Where it can be looked at: on a site that a manager chose, or in the portal."""
    is_image: bool = False
    """Whether its address shows an image."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: a sentence that says what is fine, what has to be mended or what to look at."""

    ok: bool
    sentence: str
    blocks: bool = True
    """Whether nothing is published before it is mended; else it is worth a look, and may be meant."""
    field: str = ""
    """The field of the challenge where it is mended; empty: its steps, or nothing to mend."""
    position: int | None = None
    """The step where it is mended."""
    sets_up: bool = False
    """Whether that step has to be set up: its kind needs more than all others."""


class StageKind:
    """One kind of stage. Its template is `challenges/stages/<key>.html`, given `form` and `step`."""

    key: ClassVar[str]
    label: ClassVar[LazyString]
    text: ClassVar[LazyString]
    icon: ClassVar[str]
    action: ClassVar[LazyString]
    verification: ClassVar[Verification]
    verifications: ClassVar[tuple[Verification, ...]] = ()
    """What a manager may choose instead of `verification`; empty where there is no choice."""
    Response: ClassVar[type[Form]]
    collects: ClassVar[bool] = True
    """Whether what people think can be written into it; none such stands beside a review."""
    reasons: ClassVar[tuple[Reason, ...]] = tuple(Reason)
    """Why work of this kind may be rejected."""
    duty: ClassVar[LazyString | None] = None
    """What the manager confirms, where that is less than "it is good"."""

    def set_up(self, given: Mapping[str, object]) -> dict[str, Any]:  # noqa: ARG002 -- most kinds need nothing
        """What is stored of what a manager set up, complete or not yet; refuses (`Invalid`) what is wrong."""
        return {}

    def lacks(self, setup: Mapping[str, Any]) -> LazyString | None:  # noqa: ARG002 -- most kinds need nothing
        """What a stage still needs before its challenge can be published."""
        return None

    def checks(self, challenge: Challenge) -> Iterable[Check]:  # noqa: ARG002 -- most kinds have no rules of their own
        """What publication asks for beyond a stage that is set up, once for a challenge with stages of this kind."""
        return ()

    def about(self, setup: Mapping[str, Any]) -> str:  # noqa: ARG002 -- most kinds say it all by their label
        """The kind of this very stage, in a few words."""
        return str(self.label)

    def address(self, setup: Mapping[str, Any]) -> str | None:  # noqa: ARG002 -- most kinds lead nowhere
        """The address that a stage leads to, exactly as a manager stored it."""
        return None

    def form(self, setup: Mapping[str, Any], response: Mapping[str, Any] | None = None) -> Form:  # noqa: ARG002
        """The form to fill in: as it was sent, else as it was saved."""
        return self.Response(data=dict(response or {}))

    def accept(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:
        """What is stored of a response that is complete; refuses (`Invalid`) any other.

        It says by itself what was asked, so that it is read the same whatever becomes of the stage.
        """
        raise NotImplementedError

    def keep(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:
        """What is kept of a response that is saved for later; it need not be complete."""
        raise NotImplementedError

    def carried(self, kept: Mapping[str, Any] | None) -> dict[str, Any]:  # noqa: ARG002 -- most kinds hand in one form
        """What was kept before and is handed in with whatever else is sent."""
        return {}

    def claim(self, session: Session, response: StageResponse, stored: Mapping[str, Any]) -> None:
        """Take what may be handed in once only; the person is locked. Refuses (`Conflict`) what is another's."""

    def proofs(self, response: Mapping[str, Any]) -> list[Proof]:
        """What was handed in, piece by piece."""
        raise NotImplementedError


_KINDS: Final[dict[str, StageKind]] = {}


def stage_kind(cls: type[StageKind]) -> type[StageKind]:
    """Enter a kind into the registry."""
    _KINDS[cls.key] = cls()
    return cls


def kind_of(key: str) -> StageKind:
    """The kind with this key; refuses (`Invalid`) one that nobody registered."""
    known = _KINDS.get(key)
    if known is None:
        raise Invalid(_("There is no such kind of step."), field="kind")
    return known


def kinds() -> list[StageKind]:
    """All kinds, in the order in which they were registered."""
    return list(_KINDS.values())


def reasons_for(keys: Iterable[str]) -> list[Reason]:
    """Why work of these kinds may be rejected: what each of them allows."""
    of_kinds = [kind_of(key).reasons for key in keys]
    return [reason for reason in Reason if all(reason in reasons for reasons in of_kinds)]


def plain_text(given: object) -> str:
    """Typed text with one kind of line end, trimmed; refuses (`Invalid`) what is no text or holds a NUL."""
    if given is None:
        return ""
    if not isinstance(given, str) or "\x00" in given:
        raise Invalid(_("This is not a text."))
    return given.replace("\r\n", "\n").replace("\r", "\n").strip()
