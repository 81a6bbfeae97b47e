"""Pages of the ways in."""

from portal.access.views import account, demo, invitation, legal, password, sign_in
from portal.access.views.blueprint import bp

__all__ = ["account", "bp", "demo", "invitation", "legal", "password", "sign_in"]
