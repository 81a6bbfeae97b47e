"""A review on a site of others: paid for being published, whatever it says and however it rates (trust.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import Session
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, Length

from portal.challenges import reviews
from portal.challenges.models import Challenge, Stage, StageResponse
from portal.challenges.review_models import LONGEST_DISCLOSURE, LONGEST_LINK
from portal.challenges.stages import sites
from portal.challenges.stages.kind import Check, Proof, StageKind, kind_of, plain_text, stage_kind
from portal.challenges.stages.sites import Site
from portal.challenges.stages.visit import is_public_page
from portal.challenges.states import Reason, Verification
from portal.clock import wall
from portal.database.refusal import Conflict, Invalid
from portal.web.forms import Form

MOST_WORTH: Final = 10_000
DISCLOSURE: Final = _l(
    "I get points for publishing this review, the same ones whatever I write and however I rate, and I say so where"
    " the site asks for it. It is my own experience as a customer. I work neither for the vendor nor for a partner or"
    " a competitor of it."
)
"""What a manager begins with."""

_SITE: Final = _l("Choose the site.")
_ADDRESS: Final = _l("Give the whole address of the page where reviews are written. It begins with https://.")
_ELSEWHERE: Final = _l("This page belongs to another site than the one chosen.")
_UNREWARDED: Final = _l("This site allows no reward for a review, so none can be asked for with points.")
_DISCLOSURE: Final = _l("Write at most %(most)s characters.", most=LONGEST_DISCLOSURE)
_WORTH: Final = _l("Give whole US dollars, from 0 to %(most)s.", most=MOST_WORTH)
_LINK: Final = _l("Give the whole address of your review. It begins with https://.")
_TOO_LONG: Final = _l("An address has at most %(most)s characters.", most=LONGEST_LINK)
_NOT_A_PAGE: Final = _l("This is the site, not your review. Open your review there and copy its address.")
_NOT_ACKNOWLEDGED: Final = _l("Say that this is true of your review.")

_PRAISE: Final = r"(?:positive|good|great|excellent|glowing|favou?rable|nice|high|best|perfect|top)"
_CONDITIONS: Final = re.compile(
    rf"\b(?:[345]|three|four|five)[\s-]*stars?\b|★{{3,}}|⭐{{3,}}|\b{_PRAISE}\s+(?:\w+\s+)?(?:reviews?|ratings?|scores?)\b"
    r"|\b(?:rate|review)\s+us\s+(?:well|highly|positively)\b"
    r"|\b(?:if|when|only|because)\s+you\s+(?:love|like|enjoy|are\s+(?:happy|satisfied))\b"
    r"|\bonly\s+(?:happy|satisfied)\b",
    re.I,
)
"""Words by which a text asks for praise, or asks only those who would give it."""


class ReviewPublished(Form):
    """Where the review stands, and that what is disclosed is true. It has no field for what it says or how it rates."""

    buttons = frozenset({"save"})
    link = StringField(
        _l("Address of your review"),
        validators=[DataRequired(_LINK), Length(max=LONGEST_LINK, message=_TOO_LONG)],
        render_kw={"maxlength": LONGEST_LINK, "inputmode": "url", "autocapitalize": "none"},
    )
    acknowledged = BooleanField(_l("This is true of my review"), validators=[DataRequired(_NOT_ACKNOWLEDGED)])


@stage_kind
class Review(StageKind):
    """Verified by a manager, who confirms that it is published and theirs, and nothing else."""

    key = "review"
    label = _l("Review on another site")
    text = _l("An honest review on a site such as G2. You confirm that it is published; any rating pays the same.")
    icon = "star"
    action = _l("Hand in my review")
    verification = Verification.MANAGER
    Response = ReviewPublished
    collects = False
    reasons = (Reason.NOT_DONE, Reason.NOT_OWN, Reason.DUPLICATE)
    duty = _l("Confirm only that it is published and theirs. What it says and how it rates make no difference.")

    def set_up(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Site, where to write, what is disclosed, what the points are worth; refuses what does not fit together."""
        site, address = given.get("site") or "", plain_text(given.get("address"))
        disclosure, worth = plain_text(given.get("disclosure", str(DISCLOSURE))), given.get("worth")
        if site and site not in sites.BY_KEY:
            raise Invalid(_SITE, field="site")
        if len(address) > LONGEST_LINK:
            raise Invalid(_TOO_LONG, field="address")
        if address and not is_public_page(address):
            raise Invalid(_ADDRESS, field="address")
        if address and sites.allows_no_reward(address):
            raise Invalid(_UNREWARDED, field="address")
        if site and address and sites.site_at(address).key != site:
            raise Invalid(_ELSEWHERE, field="address")
        if len(disclosure) > LONGEST_DISCLOSURE:
            raise Invalid(_DISCLOSURE, field="disclosure")
        if worth is not None and (type(worth) is not int or not 0 <= worth <= MOST_WORTH):
            raise Invalid(_WORTH, field="worth")
        return {"site": site, "address": address, "disclosure": disclosure, "worth": worth}

    def lacks(self, setup: Mapping[str, Any]) -> LazyString | None:
        """Site, address, or what is disclosed."""
        if not setup.get("site"):
            return _l("choose the site of the review")
        if not setup.get("address"):
            return _l("give the page where the review is written")
        return None if setup.get("disclosure") else _l("write what is disclosed")

    def about(self, setup: Mapping[str, Any]) -> str:
        """Which site it is."""
        site = self.site(setup)
        if site is None:
            return str(self.label)
        return _("Review on %(site)s", site=self.site_name(setup))

    def site(self, setup: Mapping[str, Any]) -> Site | None:
        """The site with its rules, once it is chosen."""
        return sites.BY_KEY.get(setup.get("site", ""))

    def site_name(self, setup: Mapping[str, Any]) -> str:
        """The site as people know it."""
        site = self.site(setup)
        return str(site.label) if site and site is not sites.OTHER else sites.host_of(setup.get("address", ""))

    def address(self, setup: Mapping[str, Any]) -> str | None:
        """Where reviews are written."""
        return setup.get("address") or None

    def checks(self, challenge: Challenge) -> Iterable[Check]:
        """The rules of rewarded reviews, and those of each site (trust.md, External reviews)."""
        yield Check(True, _("It pays the same for every review, whatever it says and however it rates."))
        yield Check(True, _("It is offered to customers: nobody with a role at the sales or program desk sees it."))
        for stage in challenge.stages:
            if kind_of(stage.kind).collects:
                said = _("“%(title)s” asks what people think: no such step stands beside a review.", title=stage.title)
                yield Check(False, said, position=stage.position)
        for words, field, position in conditions(challenge):
            said = _("“%(words)s”: a review is asked for without a condition on what it says.", words=words)
            yield Check(False, said, field=field, position=position)
        if challenge.people:
            said = _("Some are invited by name: choose them without regard to how happy they are.")
            yield Check(False, said, blocks=False, field="for_everybody")
        for stage in challenge.stages:
            site = self.site(stage.setup) if stage.kind == self.key else None
            if site is not None:
                yield from self._rules(site, stage)

    def _rules(self, site: Site, stage: Stage) -> Iterable[Check]:
        name, worth = self.site_name(stage.setup), stage.setup.get("worth")
        if site.below is not None:
            ok = worth is not None and worth < site.below
            said = _("%(site)s allows a reward under %(most)s US dollars.", site=name, most=site.below)
            if not ok:
                said += " " + _("Say what the points are worth, and let it be less.")
            yield Check(ok, said, position=stage.position, sets_up=True)
        if not site.public_sector:
            yield Check(True, _("Nobody of the public sector sees it: %(site)s does not allow it.", site=name))
        stale = site.is_stale(wall().date())
        said = _("The rules of %(site)s are those of %(day)s.", site=name, day=format_date(site.checked_on, "long"))
        if stale:
            said += " " + _("Look at them again.")
        yield Check(not stale, said, blocks=False, position=stage.position)

    def accept(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:
        """Site, link, and what was disclosed in this very version; refuses links elsewhere, and silence about it."""
        site, disclosure = self.site(setup), str(setup.get("disclosure", ""))
        if site is None or not disclosure:
            raise Conflict(_l("This step leads nowhere yet."))
        link = _link(given)
        if not is_public_page(link):
            raise Invalid(_LINK, field="link")
        at_home = sites.site_at(link) is site
        if not at_home or (site is sites.OTHER and sites.host_of(link) != sites.host_of(setup["address"])):
            raise Invalid(_l("This is no address of %(site)s.", site=self.site_name(setup)), field="link")
        if not sites.is_page(link):
            raise Invalid(_NOT_A_PAGE, field="link")
        if given.get("acknowledged") is not True:
            raise Invalid(_NOT_ACKNOWLEDGED, field="acknowledged")
        return {
            "site": site.key,
            "name": self.site_name(setup),
            "link": link,
            "disclosure": disclosure,
            "version": version_of(disclosure),
        }

    def keep(self, given: Mapping[str, object], setup: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """The link so far, refused only where it is too long to be kept."""
        return {"link": _link(given)}

    def claim(self, session: Session, response: StageResponse, stored: Mapping[str, Any]) -> None:
        """Take the link, which pays once, whoever hands it in."""
        key = sites.key_of(sites.BY_KEY[stored["site"]], stored["link"])
        reviews.claim(session, response, key=key, handed_in=stored)

    def proofs(self, response: Mapping[str, Any]) -> list[Proof]:
        """Where it is published, and what was acknowledged; neither text nor rating is known here."""
        if "site" not in response:
            return []
        return [
            Proof(_("Published on %(site)s", site=response["name"]), response["link"], address=response["link"]),
            Proof(_("Acknowledged"), response["disclosure"]),
        ]


def conditions(challenge: Challenge) -> Iterator[tuple[str, str, int | None]]:
    """The words of a challenge and its steps that ask for praise, each with the field or the step where it stands."""
    for text in (challenge.title, challenge.summary, challenge.description):
        yield from ((found.group(), "summary", None) for found in _CONDITIONS.finditer(text))
    for stage in challenge.stages:
        told = (stage.title, stage.instructions, stage.setup.get("disclosure", ""), stage.setup.get("button", ""))
        for text in told:
            yield from ((found.group(), "", stage.position) for found in _CONDITIONS.finditer(text))


def version_of(disclosure: str) -> str:
    """The version of a disclosure: another text is another version."""
    return sha256(disclosure.encode()).hexdigest()[:12]


def _link(given: Mapping[str, object]) -> str:
    link = plain_text(given.get("link"))
    if len(link) > LONGEST_LINK:
        raise Invalid(_TOO_LONG, field="link")
    return link
