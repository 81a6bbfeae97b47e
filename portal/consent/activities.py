"""The activities that people can agree to, as the page of consent and its mails name them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

REFERENCE_CALL: Final = "reference_call"
BY_INDUSTRY: Final = ("same_industry", "other_industries")
"""The audiences of what is done for one prospect: does it belong to the person's industry?"""


@dataclass(frozen=True, slots=True)
class Activity:
    """One kind of help in one form; `key` is also the purpose of its wording."""

    key: str
    form: str
    label: LazyString
    name: LazyString
    one: LazyString
    icon: str
    audiences: tuple[str, ...] = BY_INDUSTRY
    meets: bool = True
    """Whether people meet for it, so that there is a time to agree on."""

    @property
    def by_industry(self) -> bool:
        """Whether the audience follows from the industries of the person and of the prospect."""
        return self.audiences == BY_INDUSTRY


ACTIVITIES: Final[dict[str, Activity]] = {
    activity.key: activity
    for activity in (
        Activity(REFERENCE_CALL, "live", _l("Reference calls"), _l("Reference call"), _l("a reference call"), "phone"),
        Activity(
            "introduction",
            "email",
            _l("E-mail introductions"),
            _l("E-mail introduction"),
            _l("an e-mail introduction"),
            "mail",
            meets=False,
        ),
        Activity("site_visit", "in_person", _l("Site visits"), _l("Site visit"), _l("a site visit"), "house"),
        Activity(
            "quote",
            "written",
            _l("Quotes"),
            _l("Quote"),
            _l("a quote"),
            "message-square-quote",
            ("prospects",),
            meets=False,
        ),
        Activity(
            "case_study",
            "written",
            _l("Case studies"),
            _l("Case study"),
            _l("a case study"),
            "file-text",
            ("public",),
            meets=False,
        ),
        Activity("speaking", "live", _l("Speaking at events"), _l("Talk"), _l("a talk"), "mic", ("public",)),
    )
}
"""All activities, in the order in which people read them."""


def activities_of(scopes: Iterable[str]) -> list[Activity]:
    """The activities that scopes belong to, each once, in reading order; unknown ones are left out."""
    wanted = {scope.partition(":")[0] for scope in scopes}
    return [activity for key, activity in ACTIVITIES.items() if key in wanted]
