"""How an ask of each activity is told: to the advocate, in its mail, and where points say what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from portal.consent.activities import ACTIVITIES, REFERENCE_CALL, Activity


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one activity; `_in` names the prospect's industry, `accepted` and `award` the prospect."""

    activity: Activity
    title: LazyString
    title_in: LazyString
    subject: LazyString
    subject_in: LazyString
    what: LazyString
    takes: LazyString
    question: LazyString
    accepted: LazyString
    award: LazyString
    it: LazyString
    """What was agreed, in the middle of a sentence, like "the call"."""

    @property
    def takes_a_call(self) -> bool:
        """Whether somebody calls; for all else other words are needed than "nobody called"."""
        return self.activity.key == REFERENCE_CALL

    def headline(self, industry: str | None) -> str:
        """What an ask is called before it was accepted."""
        return str(self.title_in) % {"industry": industry} if industry else str(self.title)

    def mail_subject(self, industry: str | None) -> str:
        """What its mail is called."""
        return str(self.subject_in) % {"industry": industry} if industry else str(self.subject)

    def agreed_with(self, prospect: str) -> str:
        """What an ask is called once it was accepted."""
        return str(self.accepted) % {"prospect": prospect}

    def earned(self, prospect: str) -> str:
        """What points were given for."""
        return str(self.award) % {"prospect": prospect}


_WORDS: Final[dict[str, Words]] = {
    REFERENCE_CALL: Words(
        ACTIVITIES[REFERENCE_CALL],
        _l("Talk to a peer"),
        _l("Talk to a peer in %(industry)s"),
        _l("A peer would like 30 minutes with you"),
        _l("A peer in %(industry)s would like 30 minutes with you"),
        _l("A phone or video call of 30 minutes"),
        _l("30 minutes"),
        _l("Would you take this call?"),
        _l("Your call with %(prospect)s"),
        _l("Reference call with %(prospect)s"),
        _l("the call"),
    ),
    "introduction": Words(
        ACTIVITIES["introduction"],
        _l("Answer a peer by e-mail"),
        _l("Answer a peer in %(industry)s by e-mail"),
        _l("A peer would like to ask you something by e-mail"),
        _l("A peer in %(industry)s would like to ask you something by e-mail"),
        _l("An introduction by e-mail and your answers to a few questions"),
        _l("20 minutes"),
        _l("May we introduce you?"),
        _l("Your e-mails with %(prospect)s"),
        _l("Introduction to %(prospect)s"),
        _l("the introduction"),
    ),
    "site_visit": Words(
        ACTIVITIES["site_visit"],
        _l("Show a peer how you work"),
        _l("Show a peer in %(industry)s how you work"),
        _l("A peer would like to see how you work"),
        _l("A peer in %(industry)s would like to see how you work"),
        _l("A visit at your place, about two hours"),
        _l("2 hours"),
        _l("Would you receive them?"),
        _l("The visit of %(prospect)s"),
        _l("Site visit of %(prospect)s"),
        _l("the visit"),
    ),
    "quote": Words(
        ACTIVITIES["quote"],
        _l("Give a quote"),
        _l("Give a quote for a peer in %(industry)s"),
        _l("May we quote you?"),
        _l("May we quote you to a peer in %(industry)s?"),
        _l("A sentence or two, in words that you approve"),
        _l("10 minutes"),
        _l("Would you give this quote?"),
        _l("Your quote for %(prospect)s"),
        _l("Quote for %(prospect)s"),
        _l("the quote"),
    ),
    "case_study": Words(
        ACTIVITIES["case_study"],
        _l("Tell your story"),
        _l("Tell your story to readers in %(industry)s"),
        _l("Would you tell your story?"),
        _l("Would you tell your story to readers in %(industry)s?"),
        _l("A case study of about two pages, in words that you approve"),
        _l("2 hours"),
        _l("Would you tell it?"),
        _l("Your case study for %(prospect)s"),
        _l("Case study for %(prospect)s"),
        _l("the case study"),
    ),
    "speaking": Words(
        ACTIVITIES["speaking"],
        _l("Speak about your work"),
        _l("Speak about your work to people in %(industry)s"),
        _l("Would you speak about your work?"),
        _l("Would you speak about your work to people in %(industry)s?"),
        _l("A talk at an event or in a webinar"),
        _l("half a day"),
        _l("Would you give this talk?"),
        _l("Your talk for %(prospect)s"),
        _l("Talk for %(prospect)s"),
        _l("the talk"),
    ),
}


def words_of(activity: str | None) -> Words:
    """The words of an activity; those of a call for what was asked before there were others."""
    return _WORDS.get(activity or REFERENCE_CALL, _WORDS[REFERENCE_CALL])
