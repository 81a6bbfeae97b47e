"""The rep's desk."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Add the desk's screens to the portal."""
