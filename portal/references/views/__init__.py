"""Pages of the reference program for advocates."""

from portal.references.views import asks, consents, profile, times
from portal.references.views.blueprint import bp

__all__ = ["asks", "bp", "consents", "profile", "times"]
