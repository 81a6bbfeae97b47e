"""What a verb says when it will not: a small hierarchy whose texts can be shown to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flask_babel import lazy_gettext as _l

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString


class Refusal(Exception):  # noqa: N818 -- an answer, not an accident
    """A verb refuses; `str(refusal)` is a sentence for the person who asked: its own, else the usual one."""

    status = 409
    usual: ClassVar[str | LazyString] = _l("It changed since you opened the page.")

    def __init__(self, sentence: str | LazyString | None = None, *, field: str | None = None) -> None:
        super().__init__(self.usual if sentence is None else sentence)
        self.field = field

    def __str__(self) -> str:
        return str(self.args[0])


class NotAllowed(Refusal):
    """This person may not do this, though they may know of it."""

    status = 403
    usual = _l("Your role does not include this page.")


class NotFound(Refusal):
    """There is no such thing, or none that this person may know of; both look the same."""

    status = 404
    usual = _l("This page does not exist, or it is not for you.")


class Conflict(Refusal):
    """The thing is not in a state in which this can be done (a stale page, a second click, another's hand)."""

    status = 409


class LimitReached(Refusal):
    """A limit of the program, of the person or of the stock forbids it."""

    status = 409


class TooManyTries(Refusal):
    """The same was tried too often; `retry_after` is in seconds."""

    status = 429

    def __init__(self, sentence: str | LazyString, *, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Invalid(Refusal):
    """A value cannot be accepted; `field` names the form field it belongs to, where there is one."""

    status = 422
    usual = _l("Something in it does not fit.")


class Gone(Refusal):
    """It was here and has ended: an expired or used link, a withdrawn consent."""

    status = 410
    usual = _l("It was used, withdrawn or has expired.")


_SENTENCES: dict[str, str | LazyString] = {}


def explain(constraint: str, sentence: str | LazyString) -> None:
    """Give the breach of a named constraint the sentence that a person reads."""
    _SENTENCES[constraint] = sentence


def sentence_for(constraint: str | None) -> str | LazyString | None:
    """The sentence of a constraint, or None for one that nobody explained."""
    return _SENTENCES.get(constraint or "")
