"""The people and challenges of the challenges' tests, at the manager's desk."""

from tests.challenges.conftest import ana, harbor, in_english, kofi, mia, offer, pia, story

__all__ = ["ana", "harbor", "in_english", "kofi", "mia", "offer", "pia", "story"]
