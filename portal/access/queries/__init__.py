"""What the screens of access need, in a bounded number of statements: one module a noun, all known by this name."""

from portal.access.queries.accounts import Account, Face, PersonCard, account, faces, person_card
from portal.access.queries.invitations import (
    Candidate,
    Waiting,
    candidates,
    invitation_id,
    waiting,
    waiting_one,
)
from portal.access.queries.nominations import NominationRow, Step, earlier, nomination, nominations, steps

__all__ = [
    "Account",
    "Candidate",
    "Face",
    "NominationRow",
    "PersonCard",
    "Step",
    "Waiting",
    "account",
    "candidates",
    "earlier",
    "faces",
    "invitation_id",
    "nomination",
    "nominations",
    "person_card",
    "steps",
    "waiting",
    "waiting_one",
]
