"""The cast of the reference program comes home too."""

from tests.cast import ana, mia, rep, sol

__all__ = ["ana", "mia", "rep", "sol"]
