"""What a person types on each form, at least: so that a refusal in the matrix is one of authorisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

from tests.authorisation.world import PASSWORD, STORY, TOPICS, World

Fields = dict[str, Any]
_DAY: Final = "2026-06-25"
_REWARD: Final = {"name": "Mug", "description": "For tea.", "art": "mug", "price": "50", "delivery": "By post."}
_CHALLENGE: Final = {"title": "Say it", "summary": "In short.", "minutes": "5", "for_everybody": "y"}
_STEP: Final = {"title": "Say it", "instructions": "In your words.", "points": "20"}
_NEW_PASSWORD: Final = "a quiet pelican reads maps"
_NOTE: Final = {"note": "It is on its way."}
_NOMINEE: Final = {"name": "Nora", "email": "nora@world.example", "reason": "She tells everybody about it."}


def _question(world: World) -> Fields:
    """A question on a scale."""
    return {"ask": "How was it?", "kind": "scale", "top": "5", "required": "y", "stage": world.things["asking stage"]}


FORMS: Final[dict[str, Fields | Callable[[World], Fields]]] = {
    "/sign-in": {"email": "ana.mitchell@world.example"},
    "/sign-in/code": lambda world: {"code": world.things["sign-in code"]},
    "/sign-in/password": {"email": "kofi.mensah@world.example", "password": PASSWORD},
    "/password": {"email": "ana.mitchell@world.example"},
    "/password/code": lambda world: {"code": world.things["password code"], "password": _NEW_PASSWORD},
    "/password/<token>": {"password": _NEW_PASSWORD},
    "/account/password": {"password": _NEW_PASSWORD},
    "/invitation/<token>": lambda world: {"name": "Gina", "terms": world.things["terms"], "agreed": "y"},
    "/account": {"name": "New Name", "title": "", "time_zone": "Europe/Paris"},
    "/account/notifications": {"kind": "request.ask"},
    "/account/quiet-hours": {"starts": "21:30", "ends": "07:00"},
    "/challenges/<uuid:challenge>/steps/<int:position>": {},
    "/rewards/<uuid:reward>": lambda _world: {"request_key": str(uuid4()), "price": "300"},
    "/references/agree": {"scopes": "reference_call:live:same_industry"},
    "/references/profile": {"headline": "New line", "about": "Ask me.", "topics": "Rollout", "languages": "English"},
    "/references/profile/preview": {"headline": "New line", "about": "Ask me.", "topics": "", "languages": ""},
    "/references/withdrawal": {"scopes": "reference_call:live:same_industry"},
    "/asks/<uuid:ask>/feedback": {"helped": "helped", "note": "Good."},
    "/asks/<uuid:ask>/times": {"first": "2026-06-20T10:00", "second": "2026-06-21T15:30"},
    "/asks/limits": {"asks": "1"},
    "/asks/pause": {"months": "1"},
    "/sales/people/<uuid:person>/exception": lambda _world: {
        "reason": "They alone have nine depots.",
        "prospect_name": "Brightline",
        "request_key": str(uuid4()),
    },
    "/admin/calls/exceptions/<uuid:exception>/decision": {"decision": "approve", "note": ""},
    "/sales/find/searches/new": {"name": "Depots", "search": "industry=Logistics&text=depots"},
    "/sales/find/searches/<uuid:search>": {"name": "Depots in Germany"},
    "/sales/nominate": _NOMINEE,
    "/sales/opportunities/<uuid:deal>": lambda world: {
        "person": world.things["pool entry of other"],
        "needed_by": _DAY,
        "topics": TOPICS,
        "request_key": str(uuid4()),
    },
    "/sales/people/<uuid:person>/ask": lambda _world: {
        "needed_by": _DAY,
        "topics": TOPICS,
        "request_key": str(uuid4()),
        "prospect_name": "Brightline",
        "prospect_industry": "Logistics",
    },
    "/sales/outside": {"email": "ana.mitchell@world.example", "day": "2026-06-01"},
    "/sales/requests/<uuid:request>/time": lambda world: {
        "time": world.things["offered time"],
        "place": "https://meet.example/brightline",
        "seen": "0",
    },
    "/sales/requests/<uuid:request>/outcome": {"helped": "helped", "note": ""},
    "/admin/approvals/<uuid:submission>/verdict": {"decision": "approve", "comment": ""},
    "/admin/approvals/<uuid:submission>/words": lambda world: {
        "decision": "approve",
        "template": world.things["template"],
        "comment": "",
    },
    "/admin/approvals/templates/new": {"title": "A number", "words": "Could you add a number?", "decision": "redo"},
    "/admin/approvals/templates/<uuid:template>": {"title": "Thanks", "words": "Thank you very much.", "decision": ""},
    "/admin/challenges": _CHALLENGE,
    "/admin/challenges/<uuid:challenge>": _CHALLENGE,
    "/admin/challenges/audience": _CHALLENGE,
    "/admin/challenges/<uuid:challenge>/audience": _CHALLENGE,
    "/admin/challenges/<uuid:challenge>/steps": {**_STEP, "kind": "confirm"},
    "/admin/challenges/<uuid:challenge>/steps/<int:position>": lambda world: {**_STEP, "stage": world.things["stage"]},
    "/admin/challenges/<uuid:challenge>/steps/<int:position>/place": lambda world: {
        "to": "down",
        "stage": world.things["stage"],
    },
    "/admin/challenges/<uuid:challenge>/steps/<int:position>/removal": lambda world: {"stage": world.things["stage"]},
    "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions": _question,
    "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions/<int:number>": _question,
    "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions/<int:number>/place": lambda world: {
        "to": "up",
        "stage": world.things["asking stage"],
    },
    "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions/<int:number>/removal": lambda world: {
        "stage": world.things["asking stage"]
    },
    "/admin/people/new": {"name": "Nora"},
    "/admin/people/<uuid:person>/emails": {"email": "second@world.example"},
    "/admin/people/<uuid:person>/roles": {"role": "sales"},
    "/admin/people/<uuid:person>/roles/revocations": {"role": "advocate"},
    "/admin/people/<uuid:person>/invitations": {"email": "again@world.example", "role": "advocate"},
    "/admin/people/invitations/new": lambda world: {"invitees": world.things["person known"]},
    "/admin/people/<uuid:person>/points": lambda _world: {
        "way": "add",
        "points": "5",
        "reason": "A gift",
        "request_key": str(uuid4()),
    },
    "/admin/adjustments/<uuid:proposal>/decision": {"decision": "approve", "note": ""},
    "/challenges/<uuid:challenge>/steps/<int:position>/files": lambda world: {
        "file": (world.things["file to hand in"], "paper.pdf")
    },
    "/admin/imports": lambda world: {"kind": "companies", "file": (world.things["file of companies"], "rows.csv")},
    "/admin/imports/<uuid:run>/columns": {"column_0": "name", "column_1": "industry"},
    "/admin/imports/<uuid:run>/import": lambda world: {"check": world.things["check"]},
    "/admin/levels/new": {"name": "Ruby", "threshold": "10000", "benefit": "A dinner.", "agreed": ""},
    "/admin/levels/<uuid:level>": {"name": "Gold", "threshold": "1001", "benefit": "A dinner.", "agreed": ""},
    "/admin/levels/<uuid:level>/removal": {"agreed": ""},
    "/admin/nominations/new": _NOMINEE,
    "/admin/nominations/<uuid:nomination>/decision": {"decision": "approve", "note": ""},
    "/admin/rewards/new": {**_REWARD, "seen_stock": ""},
    "/admin/rewards/<uuid:reward>": {**_REWARD, "stock": "", "seen_stock": "500"},
    "/admin/rewards/<uuid:reward>/codes": {"codes": "NEW-CODE-1\nNEW-CODE-2"},
    "/admin/redemptions/<uuid:redemption_id>/approve": {"note": ""},
    "/admin/redemptions/<uuid:redemption_id>/cancel": _NOTE,
    "/admin/redemptions/<uuid:redemption_id>/code": _NOTE,
    "/admin/redemptions/<uuid:redemption_id>/decline": _NOTE,
    "/admin/redemptions/<uuid:redemption_id>/dispatch": {"note": ""},
    "/admin/redemptions/<uuid:redemption_id>/fail": _NOTE,
    "/admin/redemptions/<uuid:redemption_id>/fulfil": _NOTE,
    "/admin/redemptions/<uuid:redemption_id>/refund": _NOTE,
    "/demo/sign-in": {"role": "sales"},
}
"""By route; the rest are buttons. A whole text that tells a story is `STORY`."""

STORY_STEP: Final = {"text": STORY, "quote": ""}


def fields_of(rule: str, world: World) -> Fields:
    """The fields of a route's form."""
    wanted = FORMS.get(rule, {})
    return wanted(world) if callable(wanted) else dict(wanted)
