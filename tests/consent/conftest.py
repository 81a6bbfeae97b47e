"""The cast of the reference program."""

from tests.cast import ana, mia, rep, sol

__all__ = ["ana", "mia", "rep", "sol"]
