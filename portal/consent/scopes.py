"""The scopes that consent can be given for: one activity, in one form, for one audience (trust.md, Consent)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from portal.consent.activities import ACTIVITIES, BY_INDUSTRY
from portal.database.refusal import Invalid


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person may agree to, with the words for it; `key` is `<activity>:<form>:<audience>`."""

    key: str
    label: LazyString
    text: LazyString

    @property
    def activity(self) -> str:
        """The key of the activity, which is also the purpose of the wording."""
        return self.key.partition(":")[0]


SAME_INDUSTRY: Final = "reference_call:live:same_industry"
OTHER_INDUSTRIES: Final = "reference_call:live:other_industries"

SCOPES: Final[dict[str, Scope]] = {
    scope.key: scope
    for scope in (
        Scope(
            SAME_INDUSTRY,
            _l("Calls with prospects in my industry"),
            _l("By phone or video, about 30 minutes, with companies in the same industry as yours"),
        ),
        Scope(
            OTHER_INDUSTRIES,
            _l("Calls with prospects in other industries"),
            _l("By phone or video, about 30 minutes, with companies that do something else"),
        ),
        Scope(
            "introduction:email:same_industry",
            _l("E-mails with prospects in my industry"),
            _l("You answer a few questions by e-mail, to companies in the same industry as yours"),
        ),
        Scope(
            "introduction:email:other_industries",
            _l("E-mails with prospects in other industries"),
            _l("You answer a few questions by e-mail, to companies that do something else"),
        ),
        Scope(
            "site_visit:in_person:same_industry",
            _l("Visits of prospects in my industry"),
            _l("You show how you work at your place, to companies in the same industry as yours"),
        ),
        Scope(
            "site_visit:in_person:other_industries",
            _l("Visits of prospects in other industries"),
            _l("You show how you work at your place, to companies that do something else"),
        ),
        Scope(
            "quote:written:prospects",
            _l("Quotes for single prospects"),
            _l("A sentence or two in an offer or a presentation, in words that you approve; never published"),
        ),
        Scope(
            "case_study:written:public",
            _l("Case studies that are published"),
            _l("Your story in about two pages, in words that you approve before anybody reads them"),
        ),
        Scope(
            "speaking:live:public",
            _l("Talks at events"),
            _l("You speak about your work at an event or in a webinar, alone or with us"),
        ),
    )
}
"""All scopes, in the order in which people read them."""


def scopes_of(activity: str) -> list[Scope]:
    """The scopes of one activity, in reading order."""
    return [scope for scope in SCOPES.values() if scope.activity == activity]


def scope_for(activity: str, person_industry: str | None, prospect_industry: str | None) -> str:
    """The scope that an ask needs: `same_industry` where both industries are known and equal, whatever their capitals.

    An unknown industry on either side counts as another one. What is not done for one prospect has one audience only.
    Refuses `Invalid` for an activity that has no scope.
    """
    both = person_industry and prospect_industry
    same = bool(both) and str(person_industry).strip().casefold() == str(prospect_industry).strip().casefold()
    if activity not in ACTIVITIES:
        raise Invalid(_l("Nobody can agree to this activity yet."), field="activity")
    return fitting([activity], same_industry=same)[0]


def fitting(activities: Iterable[str], *, same_industry: bool) -> list[str]:
    """The scope that each activity needs where both industries are the same, or are not; unknown ones are left out."""
    wanted = [ACTIVITIES[key] for key in activities if key in ACTIVITIES]
    audience = BY_INDUSTRY[0 if same_industry else 1]
    return [
        f"{activity.key}:{activity.form}:{audience if activity.by_industry else activity.audiences[0]}"
        for activity in wanted
    ]


def known_scopes(keys: Iterable[str]) -> list[str]:
    """The keys, each once, in the order of `SCOPES`. Refuses `Invalid`: none, or one that does not exist."""
    wanted = set(keys)
    if not wanted:
        raise Invalid(_l("Choose at least one."), field="scopes")
    if not wanted <= SCOPES.keys():
        raise Invalid(
            _l("This is not something that can be agreed to. Reload the page and choose again."), field="scopes"
        )
    return [key for key in SCOPES if key in wanted]
