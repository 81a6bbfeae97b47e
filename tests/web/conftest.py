"""The edge is tested on the same small world as the matrix of authorisation."""

from __future__ import annotations

from tests.authorisation.conftest import stand

__all__ = ["stand"]
