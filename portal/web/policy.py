"""Who may use a route: each names its policy with a decorator; the app does not start with one that has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import Flask

View = TypeVar("View", bound=Callable[..., Any])
STAFF: Final = frozenset({"sales", "manager", "admin"})


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may use a route: anybody (with the reason), anybody signed in, or holders of one of the roles."""

    name: str
    roles: frozenset[str] | None = None
    reason: str = ""

    @property
    def open(self) -> bool:
        """Whether strangers may use the route."""
        return bool(self.reason)

    def allows(self, roles: frozenset[str]) -> bool:
        """Whether somebody signed in with `roles` may use the route."""
        return self.roles is None or bool(self.roles & roles)


def _decorator(policy: Policy) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        view.policy = policy  # type: ignore[attr-defined]
        return view

    return decorate


def takes_files(*, up_to: int) -> Callable[[View], View]:
    """A form of this route brings files: its body may be `up_to` bytes large."""

    def decorate(view: View) -> View:
        view.largest_body = up_to  # type: ignore[attr-defined]
        return view

    return decorate


def open_to_all(*, reason: str) -> Callable[[View], View]:
    """Strangers may use the route; `reason` says why that is right."""
    return _decorator(Policy("open_to_all", reason=reason))


for_everyone: Final = _decorator(Policy("for_everyone"))
"""Anybody who is signed in, on their own things."""
for_advocates: Final = _decorator(Policy("for_advocates", frozenset({"advocate"})))
"""Advocates."""
for_sales: Final = _decorator(Policy("for_sales", frozenset({"sales", "manager", "admin"})))
"""The sales desk: reps; managers and admins see it too."""
for_managers: Final = _decorator(Policy("for_managers", frozenset({"manager", "admin"})))
"""The program desk: managers and admins."""
for_admins: Final = _decorator(Policy("for_admins", frozenset({"admin"})))
"""Members and roles: admins only."""


def policy_of(app: Flask, endpoint: str) -> Policy | None:
    """The policy of a route, or None where it names none."""
    policy: Policy | None = getattr(app.view_functions.get(endpoint), "policy", None)
    return policy


def require_policies(app: Flask) -> None:
    """Refuse to start while a route has no policy."""
    bare = sorted({rule.endpoint for rule in app.url_map.iter_rules() if policy_of(app, rule.endpoint) is None})
    if bare:
        raise RuntimeError(f"These routes name no policy: {', '.join(bare)}. Decorate them (portal/web/policy.py).")
