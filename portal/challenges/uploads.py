"""The verbs on files: add one to a stage that is open, take it away. The file is written before its row."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges.filling import HANDED_IN, must_be_open, to_fill_in
from portal.challenges.models import StageResponse
from portal.challenges.stages import upload
from portal.challenges.upload_models import QUOTA, Upload
from portal.database.refusal import Conflict, LimitReached, NotFound, explain
from portal.files import store
from portal.files.intake import Taken

_FULL: Final = _l("All your files together take %(most)s MB at most.", most=QUOTA // (1024 * 1024))
_ENOUGH: Final = _l("This step takes no more files. Take one away first.")

explain("upload_quota", _FULL)
explain("upload_count", _ENOUGH)
explain("upload_stays", HANDED_IN)


def add(session: Session, submission_id: int, stage_id: int, taken: Taken, *, where: Path, by: Actor) -> Upload:
    """Keep a file for a stage that is still open; it stays there until it is handed in or taken away.

    Refuses as `submissions.save`, `NotFound` where the stage takes no files, `LimitReached` for one too many and for
    more than somebody's files may take.
    """
    response = _open(session, submission_id, stage_id, by)
    listed = upload.files_of(response.response)
    if len(listed) >= upload.most_of(response.stage.setup):
        raise LimitReached(_ENOUGH, field="file")
    used = session.scalar(select(func.coalesce(func.sum(Upload.size), 0)).where(Upload.person_id == by.person_id))
    if (used or 0) + len(taken.content) > QUOTA:
        raise LimitReached(_FULL, field="file")
    kept = Upload(
        person_id=by.person_id,
        response_id=response.id,
        file=store.write(where, taken.content),
        name=taken.name,
        media_type=taken.media_type,
        size=len(taken.content),
    )
    session.add(kept)
    session.flush()
    one = {"id": str(kept.public_id), "name": kept.name, "type": kept.media_type, "size": kept.size}
    response.response = {"files": [*listed, one]}
    session.flush()
    return kept


def remove(session: Session, submission_id: int, stage_id: int, file: UUID, *, by: Actor) -> None:
    """Take a file away again; one that is not there any more stays so. Refuses as `add`.

    The file itself is swept in the night.
    """
    response = _open(session, submission_id, stage_id, by)
    session.execute(delete(Upload).where(Upload.public_id == file, Upload.response_id == response.id))
    response.response = {
        "files": [each for each in upload.files_of(response.response) if each["id"] != str(file)],
    }
    session.flush()


def sweep(session: Session, where: Path) -> int:
    """Delete the files that no row names; how many there were."""
    return store.forget_others(where, frozenset(session.scalars(select(Upload.file))))


def _open(session: Session, submission_id: int, stage_id: int, by: Actor) -> StageResponse:
    work, response = to_fill_in(session, submission_id, stage_id, by)
    if response.stage.kind != upload.Upload.key:
        raise NotFound(_l("This step takes no files."))
    if not response.is_open:
        raise Conflict(HANDED_IN)
    must_be_open(session, work)
    return response
