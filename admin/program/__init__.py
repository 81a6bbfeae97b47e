"""The manager's desk: screens only. Each room is a blueprint, listed here with its place in the navigation."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Flask
from flask_babel import lazy_gettext as _l

from admin.program.adjustments import bp as adjustments
from admin.program.approvals import bp as approvals
from admin.program.audiences import bp as audiences
from admin.program.calls import bp as calls
from admin.program.challenges import bp as challenges
from admin.program.comments import bp as comments
from admin.program.desk import bp as desk
from admin.program.exceptions import bp as exceptions
from admin.program.imports import bp as imports
from admin.program.invitations import bp as invitations
from admin.program.levels import bp as levels
from admin.program.nominations import bp as nominations
from admin.program.people import bp as people
from admin.program.pool import bp as pool
from admin.program.questions import bp as questions
from admin.program.redemptions import bp as redemptions
from admin.program.requests import bp as requests
from admin.program.rewards import bp as rewards
from portal.people.states import MANAGERS
from portal.web import shell

ROOMS: Final[tuple[Blueprint, ...]] = (
    desk,
    approvals,
    comments,
    challenges,
    audiences,
    questions,
    people,
    invitations,
    nominations,
    adjustments,
    levels,
    rewards,
    redemptions,
    calls,
    exceptions,
    requests,
    pool,
    imports,
)
_PROGRAM: Final = _l("Program")

NAV: Final = (
    shell.Item("manager", _PROGRAM, _l("Approvals"), "approvals.index", "inbox", 20, fact="waiting", on_phone=True),
    shell.Item("manager", _PROGRAM, _l("Challenges"), "program_challenges.index", "target", 30, on_phone=True),
    shell.Item("manager", _PROGRAM, _l("Rewards"), "program_rewards.index", "gift", 35),
    shell.Item(
        "manager",
        _PROGRAM,
        _l("Redemptions"),
        "program_redemptions.index",
        "package",
        36,
        fact="to_deliver",
        on_phone=True,
    ),
    shell.Item("manager", _PROGRAM, _l("Levels"), "program_levels.index", "award", 37),
    shell.Item("manager", _PROGRAM, _l("Calls"), "program_calls.index", "phone", 38),
    shell.Item("manager", _PROGRAM, _l("Requests"), "program_requests.index", "heart-handshake", 38),
    shell.Item("manager", _PROGRAM, _l("Reference pool"), "program_pool.index", "users", 39),
    shell.Item("manager", _PROGRAM, _l("People"), "program_people.index", "users", 40, on_phone=True),
    shell.Item("manager", _PROGRAM, _l("Nominations"), "program_nominations.index", "hand-heart", 45),
    shell.Item("manager", _PROGRAM, _l("Adjustments"), "program_points.index", "coins", 46),
    shell.Item("manager", _PROGRAM, _l("Import"), "program_imports.index", "upload", 60),
)


def register(app: Flask) -> None:
    """Add the desk's screens to the portal."""
    shell.add_desk("manager", _l("Program desk"), "desk.home", MANAGERS)
    for item in NAV:
        shell.add_item(item)
    for room in ROOMS:
        app.register_blueprint(room)
