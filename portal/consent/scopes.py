"""The scopes that consent can be given for: one activity, in one form, for one audience (trust.md, Consent)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

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
    )
}
"""All scopes, in the order in which people read them."""


def scope_for(activity: str, person_industry: str | None, prospect_industry: str | None) -> str:
    """The scope that an ask needs: `same_industry` where both industries are known and equal, whatever their capitals.

    An unknown industry on either side counts as another one. Refuses `Invalid` for an activity that has no scope.
    """
    known = person_industry and prospect_industry
    same = bool(known) and str(person_industry).strip().casefold() == str(prospect_industry).strip().casefold()
    key = f"{activity}:live:{'same_industry' if same else 'other_industries'}"
    if key not in SCOPES:
        raise Invalid(_l("Nobody can agree to this activity yet."))
    return key


def known_scopes(keys: Iterable[str]) -> list[str]:
    """The keys, each once, in the order of `SCOPES`. Refuses `Invalid`: none, or one that does not exist."""
    wanted = set(keys)
    if not wanted:
        raise Invalid(_l("Choose at least one kind of call."), field="scopes")
    if not wanted <= SCOPES.keys():
        raise Invalid(
            _l("This is not something that can be agreed to. Reload the page and choose again."), field="scopes"
        )
    return [key for key in SCOPES if key in wanted]
