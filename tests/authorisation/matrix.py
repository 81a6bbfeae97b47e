"""Who may do what: every route by every role on every thing. Written by hand and reviewed; nothing here reads the code.

A cell says what comes of a request: on one's own thing, on a foreign one, on one that does not exist.

    o  200, shown            f  403, not for this role         x  410, this link has ended
    g  303, done, goes on    m  404, as if it were not there    -  there is no such thing for this role
    d  303, to the door      c  409, not in this state          n  204, taken note of

A letter stands alone where a route has no thing. The columns are: a stranger, an advocate, another advocate, a rep, a
manager, an administrator. `of` names the thing: `{advocate}` belongs to either advocate, `{rep}` to the rep (managers
and administrators look after all of them; another rep's is foreign), `{staff}` to whoever did it, `{me}` to everybody;
before the stroke the thing one may reach, behind it the one that nobody of these may.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

PERSONAS: Final = ("anonymous", "advocate", "other", "sales", "manager", "admin")
ANSWERS: Final = {"o": 200, "g": 303, "d": 303, "f": 403, "m": 404, "c": 409, "x": 410, "n": 204}


@dataclass(frozen=True)
class Row:
    """A route, what comes of it for each role, and the thing it is about."""

    method: str
    rule: str
    cells: str
    of: str = ""
    fixed: dict[str, str] = field(default_factory=dict)
    demo: bool = False


_STEP: Final = {"position": "1"}
_ASKING: Final = {"position": "4"}
_ASKED: Final = {"position": "4", "number": "2"}
_INVITED: Final = {"person": "person invited"}

MATRIX: Final = (
    # Everybody, the door included
    Row("GET", "/healthz", "o   o   o   o   o   o"),
    Row("GET", "/readyz", "o   o   o   o   o   o"),
    Row("GET", "/style.css", "o   o   o   o   o   o"),
    Row("GET", "/static/<path:filename>", "o-m o-m o-m o-m o-m o-m", "js/app.js"),
    Row("POST", "/csp-report", "n   n   n   n   n   n"),
    Row("GET", "/terms", "o   o   o   o   o   o"),
    Row("GET", "/privacy", "o   o   o   o   o   o"),
    Row("GET", "/sign-in", "o   g   g   g   g   g"),
    Row("POST", "/sign-in", "g   g   g   g   g   g"),
    Row("GET", "/sign-in/code", "o   o   o   o   o   o"),
    Row("POST", "/sign-in/code", "g   g   g   g   g   g"),
    Row("GET", "/sign-in/password", "o   g   g   g   g   g"),
    Row("POST", "/sign-in/password", "g   g   g   g   g   g"),
    Row("GET", "/password", "o   o   o   o   o   o"),
    Row("POST", "/password", "g   g   g   g   g   g"),
    Row("GET", "/password/code", "o   o   o   o   o   o"),
    Row("POST", "/password/code", "g   g   g   g   g   g"),
    Row("GET", "/password/<token>", "o-x o-x o-x o-x o-x o-x", "password token"),
    Row("POST", "/password/<token>", "g-x g-x g-x g-x g-x g-x", "password token"),
    Row("GET", "/.well-known/change-password", "g   g   g   g   g   g"),
    Row("GET", "/sign-in/<token>", "o-x o-x o-x o-x o-x o-x", "sign-in token"),
    Row("POST", "/sign-in/<token>", "g-x g-x g-x g-x g-x g-x", "sign-in token"),
    Row("GET", "/invitation/<token>", "o-x o-x o-x o-x o-x o-x", "path of invited"),
    Row("POST", "/invitation/<token>", "g-x g-x g-x g-x g-x g-x", "path of invited"),
    Row("GET", "/references/withdraw/<token>", "o-m o-m o-m o-m o-m o-m", "withdrawal token"),
    Row("POST", "/references/withdraw/<token>", "o-m o-m o-m o-m o-m o-m", "withdrawal token"),
    Row("GET", "/unsubscribe/<token>", "o-m o-m o-m o-m o-m o-m", "unsubscription token"),
    Row("POST", "/unsubscribe/<token>", "o-m o-m o-m o-m o-m o-m", "unsubscription token"),
    # Everybody who is signed in, on their own things
    Row("GET", "/", "d   o   o   g   g   g"),
    Row("GET", "/account", "d   o   o   o   o   o"),
    Row("POST", "/account", "d   g   g   g   g   g"),
    Row("POST", "/account/password", "d   g   g   g   g   g"),
    Row("POST", "/account/password/removal", "d   g   g   g   g   g"),
    Row("POST", "/account/sessions/<uuid:session>/end", "-dd gmm gmm gmm gmm gmm", "session of {me}"),
    Row("POST", "/account/sessions/end-others", "d   g   g   g   g   g"),
    Row("GET", "/account/notifications", "d   o   o   o   o   o"),
    Row("POST", "/account/notifications", "d   g   g   g   g   g"),
    Row("POST", "/account/quiet-hours", "d   g   g   g   g   g"),
    Row("POST", "/account/quiet-hours/end", "d   g   g   g   g   g"),
    Row("GET", "/messages/<uuid:message>", "-dd omm omm -mm -mm -mm", "message of {advocate}"),
    Row("GET", "/messages", "d   o   o   o   o   o"),
    Row("POST", "/messages/read", "d   g   g   g   g   g"),
    Row("POST", "/sign-out", "d   g   g   g   g   g"),
    # Advocates: challenges
    Row("GET", "/challenges", "d   o   o   f   f   f"),
    Row("GET", "/challenges/<uuid:challenge>", "ddd omm omm mmm mmm mmm", "offer / for miners"),
    Row("POST", "/challenges/<uuid:challenge>/submission", "ddd gmm gmm mmm mmm mmm", "offer / for miners"),
    Row("POST", "/challenges/<uuid:challenge>/dismissal", "ddd gmm gmm mmm mmm mmm", "offer / for miners"),
    Row("POST", "/challenges/<uuid:challenge>/return", "ddd gmm gmm mmm mmm mmm", "dismissed / for miners"),
    Row(
        "GET",
        "/challenges/<uuid:challenge>/steps/<int:position>", "ddd omm omm mmm mmm mmm", "running / draft", _STEP,
    ),
    Row(
        "POST",
        "/challenges/<uuid:challenge>/steps/<int:position>", "ddd gmm gmm mmm mmm mmm", "running / draft", _STEP,
    ),
    Row(
        "GET", "/challenges/<uuid:challenge>/steps/<int:position>/page",
        "ddd gmm gmm mmm mmm mmm", "leading on / draft", _STEP,
    ),
    Row(
        "POST", "/challenges/<uuid:challenge>/steps/<int:position>/files",
        "ddd gmm gmm mmm mmm mmm", "running for files / draft", _STEP,
    ),
    Row(
        "POST", "/challenges/<uuid:challenge>/steps/<int:position>/files/<uuid:file>/removal",
        "ddd gmm gmm mmm mmm mmm", "running for files / draft", {**_STEP, "file": "file kept by advocate"},
    ),
    Row("GET", "/challenges/files/<uuid:file>", "ddd omm mmm mmm omm omm", "file handed in by advocate / draft"),
    # Advocates: points and rewards
    Row("GET", "/points", "d   o   o   f   f   f"),
    Row("GET", "/points/levels", "d   o   o   f   f   f"),
    Row("GET", "/points/board", "d   o   o   f   f   f"),
    Row("POST", "/points/board/absence", "d   g   g   f   f   f"),
    Row("POST", "/points/board/absence/end", "d   g   g   f   f   f"),
    Row("GET", "/rewards", "d   o   o   f   f   f"),
    Row("GET", "/rewards/<uuid:reward>", "ddd omm omm mmm mmm mmm", "reward / draft reward"),
    Row("POST", "/rewards/<uuid:reward>", "ddd gmm gmm mmm mmm mmm", "reward / draft reward"),
    Row("GET", "/redemptions", "d   o   o   f   f   f"),
    Row("GET", "/redemptions/<uuid:redemption_id>", "-dd omm omm -mm -mm -mm", "held order of {advocate}"),
    Row("POST", "/redemptions/<uuid:redemption_id>/code", "-dd omm omm -mm -mm -mm", "code order of {advocate}"),
    Row("POST", "/redemptions/<uuid:redemption_id>/cancel", "-dd gmm gmm -mm -mm -mm", "held order of {advocate}"),
    # Advocates: references
    Row("GET", "/references", "d   o   o   f   f   f"),
    Row("GET", "/references/agree", "d   o   o   f   f   f"),
    Row("POST", "/references/agree", "d   g   g   f   f   f"),
    Row("GET", "/references/profile", "d   o   o   f   f   f"),
    Row("POST", "/references/profile", "d   g   g   f   f   f"),
    Row("POST", "/references/profile/preview", "d   o   o   f   f   f"),
    Row("POST", "/references/proposal/refusal", "d   g   g   f   f   f"),
    Row("POST", "/references/withdrawal", "d   g   g   f   f   f"),
    Row("GET", "/references/receipts", "d   o   o   f   f   f"),
    Row("GET", "/references/receipts/<uuid:receipt>.json", "-dd omm omm -mm -mm -mm", "receipt of {advocate}"),
    Row("GET", "/asks/<uuid:ask>", "-dd omm omm -mm -mm -mm", "asked ask of {advocate}"),
    Row("POST", "/asks/<uuid:ask>/acceptance", "-dd gmm gmm -mm -mm -mm", "asked ask of {advocate}"),
    Row("POST", "/asks/<uuid:ask>/refusal", "-dd gmm gmm -mm -mm -mm", "asked ask of {advocate}"),
    Row("POST", "/asks/<uuid:ask>/stepping-back", "-dd gmm gmm -mm -mm -mm", "accepted ask of {advocate}"),
    Row("POST", "/asks/<uuid:ask>/times", "-dd gmm gmm -mm -mm -mm", "accepted ask of {advocate}"),
    Row("POST", "/asks/<uuid:ask>/absence", "-dd gmm gmm -mm -mm -mm", "begun ask of {advocate}"),
    Row("GET", "/asks/<uuid:ask>/call.ics", "-dd omm omm -mm -mm -mm", "dated ask of {advocate}"),
    Row("POST", "/asks/<uuid:ask>/feedback", "-dd gmm gmm -mm -mm -mm", "held ask of {advocate}"),
    Row("GET", "/asks/limits", "d   o   o   f   f   f"),
    Row("POST", "/asks/limits", "d   g   g   f   f   f"),
    Row("POST", "/asks/pause", "d   g   g   f   f   f"),
    # The sales desk
    Row("GET", "/sales", "d   f   f   o   o   o"),
    Row("GET", "/sales/find", "d   f   f   o   o   o"),
    Row("GET", "/sales/people/<uuid:person>/exception", "ddd mmm mmm omm omm omm", "pool entry of tired / person"),
    Row("POST", "/sales/people/<uuid:person>/exception", "ddd mmm mmm gmm gmm gmm", "pool entry of tired / person"),
    Row("GET", "/sales/requests/exceptions", "d   f   f   o   o   o"),
    Row(
        "POST",
        "/sales/requests/exceptions/<uuid:exception>/withdrawal",
        "ddd mmm mmm gmm mmm mmm", "exception of sales / exception of rep",
    ),
    Row("GET", "/sales/find/searches", "d   f   f   o   o   o"),
    Row("GET", "/sales/find/searches/new", "d   f   f   o   o   o"),
    Row("POST", "/sales/find/searches/new", "d   f   f   g   g   g"),
    Row("GET", "/sales/find/searches/<uuid:search>", "ddd mmm mmm omm mmm mmm", "search of sales / search of rep"),
    Row("POST", "/sales/find/searches/<uuid:search>", "ddd mmm mmm gmm mmm mmm", "search of sales / search of rep"),
    Row("POST", "/sales/find/searches/<uuid:search>/removal", "ddd mmm mmm gmm mmm mmm", "search of sales / search of rep"),
    Row("GET", "/sales/nominate", "d   f   f   o   o   o"),
    Row("POST", "/sales/nominate", "d   f   f   g   g   g"),
    Row("GET", "/sales/nominate/<uuid:nomination>", "ddd mmm mmm omm mmm mmm", "nomination / nomination of rep"),
    Row("GET", "/sales/opportunities/<uuid:deal>", "-dd -mm -mm omm o-m o-m", "deal of {rep}"),
    Row("POST", "/sales/opportunities/<uuid:deal>", "-dd -mm -mm gmm g-m g-m", "deal of {rep}"),
    Row("GET", "/sales/people/<uuid:person>/ask", "ddd mmm mmm omm omm omm", "pool entry of advocate / person"),
    Row("POST", "/sales/people/<uuid:person>/ask", "ddd mmm mmm gmm gmm gmm", "pool entry of advocate / person"),
    Row("GET", "/sales/outside", "d   f   f   o   o   o"),
    Row("POST", "/sales/outside", "d   f   f   g   g   g"),
    Row("GET", "/sales/requests", "d   f   f   o   o   o"),
    Row("GET", "/sales/requests/<uuid:request>", "-dd -mm -mm omm o-m o-m", "asked request of {rep}"),
    Row("POST", "/sales/requests/<uuid:request>/withdrawal", "-dd -mm -mm gmm g-m g-m", "asked request of {rep}"),
    Row("POST", "/sales/requests/<uuid:request>/confirmation", "-dd -mm -mm gmm g-m g-m", "accepted request of {rep}"),
    Row("POST", "/sales/requests/<uuid:request>/absence", "-dd -mm -mm gmm g-m g-m", "accepted request of {rep}"),
    Row("POST", "/sales/requests/<uuid:request>/contact", "-dd -mm -mm fmm g-m g-m", "accepted request of {rep}"),
    Row("POST", "/sales/requests/<uuid:request>/time", "-dd -mm -mm gmm g-m g-m", "offered request of {rep}"),
    Row("POST", "/sales/requests/<uuid:request>/other-times", "-dd -mm -mm gmm g-m g-m", "dated request of {rep}"),
    Row("GET", "/sales/requests/<uuid:request>/call.ics", "-dd -mm -mm omm o-m o-m", "dated request of {rep}"),
    Row("POST", "/sales/requests/<uuid:request>/outcome", "-dd -mm -mm gmm g-m g-m", "held request of {rep}"),
    Row("POST", "/sales/requests/<uuid:request>/closing", "-dd -mm -mm gmm g-m g-m", "held request of {rep}"),
    # The program desk: the review queue
    Row("GET", "/admin", "d   f   f   f   g   g"),
    Row("GET", "/admin/approvals", "d   f   f   f   o   o"),
    Row(
        "GET",
        "/admin/approvals/<uuid:submission>", "ddd mmm mmm mmm omm omm", "submission of other / submission begun",
    ),
    Row(
        "POST",
        "/admin/approvals/<uuid:submission>/verdict", "ddd mmm mmm mmm gmm gmm", "submission of other / submission begun",
    ),
    Row(
        "POST",
        "/admin/approvals/<uuid:submission>/words", "ddd mmm mmm mmm omm omm", "submission of other / submission begun",
    ),
    Row("POST", "/admin/approvals/verdicts/<uuid:verdict>/undo", "-dd -mm -mm -mm gmm gmm", "verdict of {staff}"),
    Row("GET", "/admin/approvals/templates", "d   f   f   f   o   o"),
    Row("GET", "/admin/approvals/templates/new", "d   f   f   f   o   o"),
    Row("POST", "/admin/approvals/templates/new", "d   f   f   f   g   g"),
    Row("GET", "/admin/approvals/templates/<uuid:template>", "d-d m-m m-m m-m o-m o-m", "template"),
    Row("POST", "/admin/approvals/templates/<uuid:template>", "d-d m-m m-m m-m g-m g-m", "template"),
    Row("POST", "/admin/approvals/templates/<uuid:template>/archive", "d-d m-m m-m m-m g-m g-m", "template"),
    Row("POST", "/admin/approvals/templates/<uuid:template>/return", "d-d m-m m-m m-m g-m g-m", "archived template"),
    # The program desk: challenges
    Row("GET", "/admin/challenges", "d   f   f   f   o   o"),
    Row("POST", "/admin/challenges", "d   f   f   f   g   g"),
    Row("GET", "/admin/challenges/new", "d   f   f   f   o   o"),
    Row("POST", "/admin/challenges/audience", "d   f   f   f   o   o"),
    Row("POST", "/admin/challenges/<uuid:challenge>/audience", "d-d m-m m-m m-m o-m o-m", "draft"),
    Row("GET", "/admin/challenges/<uuid:challenge>", "d-d m-m m-m m-m o-m o-m", "draft"),
    Row("POST", "/admin/challenges/<uuid:challenge>", "d-d m-m m-m m-m g-m g-m", "draft"),
    Row("GET", "/admin/challenges/<uuid:challenge>/preview", "d-d m-m m-m m-m o-m o-m", "draft"),
    Row("GET", "/admin/challenges/<uuid:challenge>/publication", "d-d m-m m-m m-m o-m o-m", "draft"),
    Row("POST", "/admin/challenges/<uuid:challenge>/publication", "d-d m-m m-m m-m g-m g-m", "draft"),
    Row("POST", "/admin/challenges/<uuid:challenge>/edition", "d-d m-m m-m m-m g-m g-m", "offer"),
    Row("POST", "/admin/challenges/<uuid:challenge>/edition/removal", "d-d m-m m-m m-m g-m g-m", "offer"),
    Row("POST", "/admin/challenges/<uuid:challenge>/archive", "d-d m-m m-m m-m g-m g-m", "offer"),
    Row("POST", "/admin/challenges/<uuid:challenge>/steps", "d-d m-m m-m m-m g-m g-m", "draft"),
    Row("GET", "/admin/challenges/<uuid:challenge>/steps/new", "d-d m-m m-m m-m o-m o-m", "draft"),
    Row("GET", "/admin/challenges/<uuid:challenge>/steps/<int:position>", "d-d m-m m-m m-m o-m o-m", "draft", _STEP),
    Row("POST", "/admin/challenges/<uuid:challenge>/steps/<int:position>", "d-d m-m m-m m-m g-m g-m", "draft", _STEP),
    Row(
        "POST",
        "/admin/challenges/<uuid:challenge>/steps/<int:position>/place", "d-d m-m m-m m-m g-m g-m", "draft", _STEP,
    ),
    Row(
        "POST",
        "/admin/challenges/<uuid:challenge>/steps/<int:position>/removal", "d-d m-m m-m m-m g-m g-m", "draft", _STEP,
    ),
    Row(
        "GET", "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions",
        "d-d m-m m-m m-m o-m o-m", "draft", _ASKING,
    ),
    Row(
        "POST", "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions",
        "d-d m-m m-m m-m g-m g-m", "draft", _ASKING,
    ),
    Row(
        "GET", "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions/new",
        "d-d m-m m-m m-m o-m o-m", "draft", _ASKING,
    ),
    Row(
        "GET", "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions/<int:number>",
        "d-d m-m m-m m-m o-m o-m", "draft", _ASKED,
    ),
    Row(
        "POST", "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions/<int:number>",
        "d-d m-m m-m m-m g-m g-m", "draft", _ASKED,
    ),
    Row(
        "POST", "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions/<int:number>/place",
        "d-d m-m m-m m-m g-m g-m", "draft", _ASKED,
    ),
    Row(
        "POST", "/admin/challenges/<uuid:challenge>/steps/<int:position>/questions/<int:number>/removal",
        "d-d m-m m-m m-m g-m g-m", "draft", _ASKED,
    ),
    # The program desk: people
    Row("GET", "/admin/people", "d   f   f   f   o   o"),
    Row("GET", "/admin/people/new", "d   f   f   f   o   o"),
    Row("POST", "/admin/people/new", "d   f   f   f   g   g"),
    Row("GET", "/admin/people/<uuid:person>", "d-d m-m m-m m-m o-m o-m", "person"),
    Row("POST", "/admin/people/<uuid:person>/emails", "d-d m-m m-m m-m g-m g-m", "person"),
    Row("POST", "/admin/people/<uuid:person>/roles", "d-d m-m m-m m-m g-m g-m", "person"),
    Row("POST", "/admin/people/<uuid:person>/roles/revocations", "d-d m-m m-m m-m g-m g-m", "person"),
    Row("POST", "/admin/people/<uuid:person>/invitations", "d-d m-m m-m m-m g-m g-m", "person guest"),
    Row(
        "POST",
        "/admin/people/<uuid:person>/invitations/<uuid:invitation>/resend",
        "ddd mmm mmm mmm gmm gmm",
        "invitation of invited / invitation of guest",
        _INVITED,
    ),
    Row(
        "POST",
        "/admin/people/<uuid:person>/invitations/<uuid:invitation>/withdraw",
        "ddd mmm mmm mmm gmm gmm",
        "invitation of invited / invitation of guest",
        _INVITED,
    ),
    Row("POST", "/admin/people/<uuid:person>/suspension", "d-d m-m m-m m-m g-m g-m", "person"),
    Row("POST", "/admin/people/<uuid:person>/suspension/end", "d-d m-m m-m m-m g-m g-m", "person barred"),
    Row("POST", "/admin/people/<uuid:person>/sessions/end", "d-d m-m m-m m-m g-m g-m", "person"),
    Row(
        "POST",
        "/admin/people/<uuid:person>/sessions/<uuid:session>/end",
        "ddd mmm mmm mmm gmm gmm",
        "session of advocate / session of other",
        {"person": "person advocate"},
    ),
    Row("GET", "/admin/people/invitations", "d   f   f   f   o   o"),
    Row("GET", "/admin/people/invitations/new", "d   f   f   f   o   o"),
    Row("POST", "/admin/people/invitations/new", "d   f   f   f   g   g"),
    Row(
        "POST",
        "/admin/people/invitations/<uuid:invitation>/resend", "d-d m-m m-m m-m g-m g-m", "invitation of invited",
    ),
    Row("GET", "/admin/nominations", "d   f   f   f   o   o"),
    Row("GET", "/admin/nominations/new", "d   f   f   f   o   o"),
    Row("POST", "/admin/nominations/new", "d   f   f   f   g   g"),
    Row("GET", "/admin/nominations/<uuid:nomination>", "d-d m-m m-m m-m o-m o-m", "nomination"),
    Row("POST", "/admin/nominations/<uuid:nomination>/decision", "d-d m-m m-m m-m g-m g-m", "nomination"),
    # The program desk: points by hand
    Row("GET", "/admin/people/<uuid:person>/points", "d-d m-m m-m m-m o-m o-m", "person"),
    Row("POST", "/admin/people/<uuid:person>/points", "d-d m-m m-m m-m g-m g-m", "person"),
    Row("GET", "/admin/adjustments", "d   f   f   f   o   o"),
    Row("GET", "/admin/adjustments/<uuid:proposal>", "d-d m-m m-m m-m o-m o-m", "proposal"),
    Row("POST", "/admin/adjustments/<uuid:proposal>/decision", "d-d m-m m-m m-m g-m g-m", "proposal"),
    # The program desk: levels
    Row("GET", "/admin/imports", "d   f   f   f   o   o"),
    Row("POST", "/admin/imports", "d   f   f   f   g   g"),
    Row("GET", "/admin/imports/<uuid:run>", "d-d m-m m-m m-m o-m o-m", "import chosen"),
    Row("POST", "/admin/imports/<uuid:run>/columns", "d-d m-m m-m m-m g-m g-m", "import chosen"),
    Row("POST", "/admin/imports/<uuid:run>/import", "d-d m-m m-m m-m g-m g-m", "import checked"),
    Row("POST", "/admin/imports/<uuid:run>/removal", "d-d m-m m-m m-m g-m g-m", "import chosen"),
    Row("GET", "/admin/imports/<uuid:run>/bad-rows.csv", "d-d m-m m-m m-m o-m o-m", "import checked"),
    Row("GET", "/admin/levels", "d   f   f   f   o   o"),
    Row("GET", "/admin/levels/new", "d   f   f   f   o   o"),
    Row("POST", "/admin/levels/new", "d   f   f   f   g   g"),
    Row("GET", "/admin/levels/<uuid:level>", "d-d m-m m-m m-m o-m o-m", "level"),
    Row("POST", "/admin/levels/<uuid:level>", "d-d m-m m-m m-m g-m g-m", "level"),
    Row("POST", "/admin/levels/<uuid:level>/removal", "d-d m-m m-m m-m g-m g-m", "level"),
    # The program desk: rewards and redemptions
    Row("GET", "/admin/rewards", "d   f   f   f   o   o"),
    Row("GET", "/admin/rewards/new", "d   f   f   f   o   o"),
    Row("POST", "/admin/rewards/new", "d   f   f   f   g   g"),
    Row("GET", "/admin/rewards/<uuid:reward>", "d-d m-m m-m m-m o-m o-m", "draft reward"),
    Row("POST", "/admin/rewards/<uuid:reward>", "d-d m-m m-m m-m g-m g-m", "draft reward"),
    Row("GET", "/admin/rewards/<uuid:reward>/codes", "d-d m-m m-m m-m o-m o-m", "code reward"),
    Row("POST", "/admin/rewards/<uuid:reward>/codes", "d-d m-m m-m m-m g-m g-m", "code reward"),
    Row("POST", "/admin/rewards/<uuid:reward>/publish", "d-d m-m m-m m-m g-m g-m", "draft reward"),
    Row("POST", "/admin/rewards/<uuid:reward>/archive", "d-d m-m m-m m-m g-m g-m", "reward"),
    Row("GET", "/admin/redemptions", "d   f   f   f   o   o"),
    Row("GET", "/admin/redemptions/<uuid:redemption_id>", "d-d m-m m-m m-m o-m o-m", "held order of other"),
    Row("POST", "/admin/redemptions/<uuid:redemption_id>/approve", "d-d m-m m-m m-m g-m g-m", "waiting order of other"),
    Row("POST", "/admin/redemptions/<uuid:redemption_id>/code", "d-d m-m m-m m-m g-m g-m", "opened order of other"),
    Row("POST", "/admin/redemptions/<uuid:redemption_id>/decline", "d-d m-m m-m m-m g-m g-m", "waiting order of other"),
    Row("POST", "/admin/redemptions/<uuid:redemption_id>/cancel", "d-d m-m m-m m-m g-m g-m", "held order of other"),
    Row("POST", "/admin/redemptions/<uuid:redemption_id>/dispatch", "d-d m-m m-m m-m g-m g-m", "held order of other"),
    Row("POST", "/admin/redemptions/<uuid:redemption_id>/fail", "d-d m-m m-m m-m g-m g-m", "held order of other"),
    Row("POST", "/admin/redemptions/<uuid:redemption_id>/fulfil", "d-d m-m m-m m-m g-m g-m", "held order of other"),
    Row(
        "POST",
        "/admin/redemptions/<uuid:redemption_id>/refund", "d-d m-m m-m m-m g-m g-m", "delivered order of other",
    ),
    # The program desk: references
    Row("GET", "/admin/pool", "d   f   f   f   o   o"),
    Row("GET", "/admin/calls", "d   f   f   f   o   o"),
    Row("GET", "/admin/calls/exceptions", "d   f   f   f   o   o"),
    Row("GET", "/admin/calls/exceptions/<uuid:exception>", "d-d m-m m-m m-m o-m o-m", "exception of sales"),
    Row("POST", "/admin/calls/exceptions/<uuid:exception>/decision", "d-d m-m m-m m-m g-m g-m", "exception of sales"),
    Row("POST", "/admin/calls/<uuid:ask>/reminder", "d-d m-m m-m m-m g-m g-m", "asked ask of advocate"),
    Row("GET", "/admin/requests", "d   f   f   f   o   o"),
    Row("GET", "/admin/requests/<uuid:request>", "d-d m-m m-m m-m o-m o-m", "asked request of sales"),
    Row("POST", "/admin/requests/<uuid:request>/withdrawal", "d-d m-m m-m m-m g-m g-m", "asked request of sales"),
    Row("POST", "/admin/requests/<uuid:request>/confirmation", "d-d m-m m-m m-m g-m g-m", "accepted request of sales"),
    Row("POST", "/admin/requests/<uuid:request>/absence", "d-d m-m m-m m-m g-m g-m", "accepted request of sales"),
    Row("POST", "/admin/requests/<uuid:request>/contact", "d-d m-m m-m m-m g-m g-m", "accepted request of sales"),
    # Only in the demo
    Row("POST", "/demo/sign-in", "g   g   g   g   g   g", demo=True),
    Row("GET", "/demo/mail", "o   o   o   o   o   o", demo=True),
    Row("GET", "/demo/mail/<name>", "o-m o-m o-m o-m o-m o-m", "letter", demo=True),
    Row("GET", "/styleguide", "o   o   o   o   o   o", demo=True),
)  # fmt: skip
