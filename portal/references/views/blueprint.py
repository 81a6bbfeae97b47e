"""The blueprint that the advocate's pages of the reference program share."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

bp: Final = Blueprint("references", __name__)
