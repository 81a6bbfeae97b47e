"""How a reward reaches the person: one module each, found here by its key."""

from __future__ import annotations

from typing import Final

from portal.rewards.fulfilment.base import Fulfilment
from portal.rewards.fulfilment.code import Code
from portal.rewards.fulfilment.manual import Manual

WAYS: Final[dict[str, Fulfilment]] = {way.key: way for way in (Manual(), Code())}
"""Every way of fulfilment, by key."""
