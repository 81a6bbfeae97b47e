"""What only the person who imports can tell: an import stops there and says what is open."""

from __future__ import annotations

from portal.database.refusal import Invalid


class Undecided(Invalid):
    """An import cannot go on until somebody says more.

    `what` is open, `how` says it on the command line, `column` is the position in the file that it is about, if it is
    one.
    """

    def __init__(self, what: str, how: str, *, column: int | None = None) -> None:
        super().__init__(f"{what} {how}")
        self.what = what
        self.column = column
