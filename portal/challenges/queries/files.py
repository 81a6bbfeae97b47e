"""One file, for whoever may see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Select, Uuid, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges.models import StageResponse, Submission
from portal.challenges.upload_models import Upload
from portal.database.prepared import Prepared
from portal.database.refusal import NotFound
from portal.people.states import MANAGERS


@dataclass(frozen=True, slots=True)
class File:
    """What is served: its name in the folder, the name people know it by, and its type."""

    file: UUID
    name: str
    media_type: str


def file_of(session: Session, viewer: Actor, public_id: UUID) -> File:
    """A file of the viewer's own, or for managers of a submission that was handed in. Refuses `NotFound`."""
    found = _file(session, file=public_id, person=viewer.person_id, manager=viewer.has(*MANAGERS))
    if not found:
        raise NotFound
    return File(**found[0]._mapping)


@Prepared
def _file() -> Select[*tuple[Any, ...]]:
    handed_in = and_(bindparam("manager", type_=Boolean), Submission.submitted_at.is_not(None))
    return (
        select(Upload.file, Upload.name, Upload.media_type)
        .join(StageResponse, StageResponse.id == Upload.response_id)
        .join(Submission, Submission.id == StageResponse.submission_id)
        .where(
            Upload.public_id == bindparam("file", type_=Uuid),
            or_(Upload.person_id == bindparam("person", type_=BigInteger), handed_in),
        )
    )
