"""What is looked at before people are offered a challenge: what has to be mended first, and what is worth a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy.orm import Session

from portal.challenges import audience as audiences
from portal.challenges import openings
from portal.challenges.models import Challenge, Stage
from portal.challenges.stages import Check, kind_of
from portal.clock import now
from portal.database.refusal import Invalid, explain

SHORT: Final = timedelta(hours=48)
"""An offer that ends sooner than that is missed by most."""

_OVER: Final = _l("Its last day is over: choose a later one, or none.")
_PAYS: Final = _l("Give a step points: so far it pays none.")
_SAYS: Final = _l("Say in a line what it is for.")
_STEPS: Final = _l("Add a step: so far there is nothing to do.")
_NOBODY: Final = _l("Choose who may take it: so far nobody is meant.")

explain("ck_challenge_published", _l("Before it is published, it says what it is for and who may take it."))
explain("challenge_has_stages", _l("A challenge needs at least one step before it is published."))
explain("stage_set_up", _l("A step of this challenge is not set up yet; the publish check says what it needs."))
explain("challenge_pays", _PAYS)
explain("stage_told", _l("A step does not say what to do yet; the publish check says which."))
explain("challenge_over", _OVER)
explain(
    "review_rules", _l("This challenge does not keep to the rules of its review site; the publish check says which.")
)


def checks(session: Session, challenge: Challenge, *, reached: int | None = None) -> list[Check]:
    """Everything that is looked at, for the manager: what has to be mended first. The stages must be loaded.

    `reached`: how many advocates its audience reaches, where that is known already.
    """
    chosen = audiences.of(challenge)
    meant = audiences.size(session, chosen) if reached is None else reached
    at = now(session)
    found = [*_blocking(challenge, challenge.stages, at), *_worth_a_look(session, challenge, at, meant)]
    if challenge.stages and all(check.ok or not check.blocks or check.position is None for check in found):
        found.append(Check(True, _("Each step is set up and says what to do.")))
    if meant >= audiences.CAP:
        found.append(Check(True, _("%(number)s advocates or more may take it now.", number=audiences.CAP)))
    elif meant:
        said = ngettext("%(num)s advocate may take it now.", "%(num)s advocates may take it now.", meant)
        found.append(Check(True, said))
    return sorted(found, key=lambda check: (check.ok, not check.blocks))


def must_pass(challenge: Challenge, stages: Sequence[Stage], at: datetime) -> None:
    """Refuse (`Invalid`) what cannot be offered with these steps, with the first sentence that says what to mend."""
    for check in _blocking(challenge, stages, at):
        if not check.ok:
            raise Invalid(_l("It cannot be published yet. %(sentence)s", sentence=check.sentence))


def _blocking(challenge: Challenge, stages: Sequence[Stage], at: datetime) -> Iterator[Check]:
    yield _either(bool(challenge.summary), _("It says what it is for."), str(_SAYS), field="summary")
    count = len(stages)
    yield _either(count > 0, ngettext("It has %(num)s step.", "It has %(num)s steps.", count), str(_STEPS))
    if count:
        points = sum(stage.points for stage in stages)
        yield _either(points > 0, _("It pays %(points)s points in all.", points=points), str(_PAYS), position=1)
    for stage in stages:
        yield from _of_step(stage)
    chosen = audiences.of(challenge)
    whom = _("It says who may take it: %(whom)s.", whom=chosen.words)
    yield _either(chosen.is_chosen, whom, str(_NOBODY), field="for_everybody")
    fits = openings.window_fits(challenge)
    if not fits:
        yield Check(False, _("It closes before it opens: choose the days again."), field="closes_on")
    elif challenge.is_draft and challenge.closes_at is not None:
        yield _either(challenge.closes_at > at, _("Its last day is to come."), str(_OVER), field="closes_on")
    yield from (check for check in _of_kinds(challenge) if check.blocks)


def _of_step(stage: Stage) -> Iterator[Check]:
    named = {"position": stage.position, "title": stage.title}
    if not stage.instructions.strip():
        yield Check(False, _("Step %(position)s, “%(title)s”: say what to do.", **named), position=stage.position)
    lack = kind_of(stage.kind).lacks(stage.setup)
    if lack is not None:
        said = _("Step %(position)s, “%(title)s”: %(lack)s.", **named, lack=lack)
        yield Check(False, said, position=stage.position, sets_up=True)


def _of_kinds(challenge: Challenge) -> Iterator[Check]:
    for key in dict.fromkeys(stage.kind for stage in challenge.stages):
        yield from kind_of(key).checks(challenge)


def _worth_a_look(session: Session, challenge: Challenge, at: datetime, meant: int) -> Iterator[Check]:
    if audiences.of(challenge).is_chosen and not meant:
        said = _("Nobody who is active now is meant. Whoever joins later and fits will see it.")
        yield Check(False, said, blocks=False, field="for_everybody")
    if challenge.closes_at is not None and challenge.closes_at <= at:
        if not challenge.is_draft:
            yield Check(False, _("It has closed: nobody can begin it."), blocks=False, field="closes_on")
    elif challenge.closes_at is not None and challenge.closes_at <= max(at, challenge.opens_at or at) + SHORT:
        said = _("It is open for less than two days: few people will have seen it.")
        yield Check(False, said, blocks=False, field="closes_on")
    if challenge.places is not None and not challenge.is_draft:
        taken = openings.taken(session, challenge.id)
        if taken >= challenge.places:
            yield Check(False, str(openings.FULL), blocks=False, field="places")
    for title, number in Counter(stage.title for stage in challenge.stages).items():
        if number > 1:
            place = max(stage.position for stage in challenge.stages if stage.title == title)
            said = _("%(n)s steps are called “%(title)s”: people cannot tell them apart.", n=number, title=title)
            yield Check(False, said, blocks=False, position=place)
    yield from (check for check in _of_kinds(challenge) if not check.blocks)


def _either(ok: bool, fine: str, to_mend: str, *, field: str = "", position: int | None = None) -> Check:
    return Check(ok, fine if ok else to_mend, field=field, position=position)
