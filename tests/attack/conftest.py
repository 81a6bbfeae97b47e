"""What attacks on the doors share with the tests of the doors."""

from tests.access.conftest import _browsers_of_their_own, browser_of, mailbox, somebody

__all__ = ["_browsers_of_their_own", "browser_of", "mailbox", "somebody"]
