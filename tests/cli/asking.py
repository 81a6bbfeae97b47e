"""How tests ask a command, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

KEY = "kJ8-2fQx7Lw0zRt5Vb9Nc3Hm6Yp1Sd4G"
SAFE = {"PORTAL_ENV": "production", "SECRET_KEY": KEY, "PORTAL_BASE_URL": "https://advocates.example.com"}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def refused(self, *words: str, code: int = 1) -> None:
        """It ended with the code and a sentence on standard error, in which all these words are; no traceback."""
        assert self.code == code, self
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err


Portal = Callable[..., Ended]
