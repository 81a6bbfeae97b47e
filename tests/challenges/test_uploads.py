"""Files to hand in: kept from the moment at which they are chosen, seen by two, counted, and never run."""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import Actor
from portal.challenges import challenges, jobs, outline, submissions, uploads
from portal.challenges.models import Challenge, StageResponse, Submission
from portal.challenges.stages import kind_of
from portal.challenges.states import ResponseState
from portal.challenges.upload_models import QUOTA, Upload
from portal.database import backup
from portal.database.refusal import Conflict, Invalid, LimitReached, NotFound
from portal.files import store
from portal.files.intake import LARGEST, Taken
from portal.web.app import Portal
from tests.browsing import Browser
from tests.pictures import PDF, image

from .test_submissions import available, stages

Offer = Callable[..., Challenge]
SETUP = {"families": ["image", "pdf"], "most": 2}
SLIDES = Taken("slides.pdf", "application/pdf", PDF)


@pytest.fixture
def files(offer: Offer) -> Challenge:
    """Up to two files for 60 points."""
    return offer(("upload", 60, SETUP), title="Show us your setup")


@pytest.fixture
def where(app: Portal) -> Path:
    folder = store.folder(app.config["PORTAL"])
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def begin(db: Session, challenge: Challenge, who: Actor) -> tuple[Submission, StageResponse]:
    submission = submissions.start(db, challenge.id, by=who)
    [response] = stages(db, submission)
    return submission, response


def add(db: Session, response: StageResponse, where: Path, who: Actor, taken: Taken = SLIDES) -> Upload:
    return uploads.add(db, response.submission_id, response.stage_id, taken, where=where, by=who)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("families", {"families": ["video"]}),
        ("families", {"families": "image"}),
        ("most", {"most": 0}),
        ("most", {"most": 6}),
        ("most", {"most": "2"}),
        ("most", {"most": None}),
    ],
)
def test_a_setup_that_nobody_could_follow_is_refused(field: str, given: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        kind_of("upload").set_up({**SETUP, **given})
    assert refused.value.field == field


def test_it_is_not_published_before_a_kind_of_file_is_chosen(db: Session, mia: Actor) -> None:
    draft = challenges.create(db, "Show us", by=mia, summary="A photo.")
    outline.add_stage(
        db, draft.id, "upload", title="Photo", instructions="One.", points=5, by=mia, setup={"families": []}
    )
    db.commit()
    with pytest.raises(Invalid, match="choose which files are taken"):
        challenges.publish(db, draft.id, by=mia)
    db.rollback()
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(
            "UPDATE stage SET edition = 1; UPDATE challenge SET state = 'published', published_at = now(), edition = 1"
        )
    assert refused.value.orig.diag.constraint_name == "stage_set_up"  # type: ignore[union-attr]
    db.rollback()


def test_what_was_added_is_handed_in_and_stays(
    db: Session, ana: Actor, mia: Actor, files: Challenge, where: Path
) -> None:
    submission, response = begin(db, files, ana)
    kept = add(db, response, where, ana)
    assert (where / str(kept.file)).read_bytes() == PDF
    submissions.submit(db, submission.id, response.stage_id, {"files": [{"id": "forged"}]}, by=ana)
    db.commit()
    db.refresh(response)
    assert response.response == {
        "files": [{"id": str(kept.public_id), "name": "slides.pdf", "type": "application/pdf", "size": len(PDF)}]
    }
    for act in (
        lambda: add(db, response, where, ana),
        lambda: uploads.remove(db, submission.id, response.stage_id, kept.public_id, by=ana),
    ):
        with pytest.raises(Conflict, match="handed in already"):
            act()
        db.rollback()
    submissions.approve(db, submission.id, by=mia)
    db.commit()
    assert available(db, ana) == 60


def test_nothing_is_no_file(db: Session, ana: Actor, files: Challenge) -> None:
    submission, response = begin(db, files, ana)
    for given in ({}, {"files": [{"id": str(uuid4()), "name": "x", "type": "application/pdf", "size": 1}]}):
        with pytest.raises(Invalid, match="Choose a file") as refused:
            submissions.submit(db, submission.id, response.stage_id, given, by=ana)
        assert refused.value.field == "file"
    db.commit()


def test_saving_and_taking_away_leave_the_other_files(db: Session, ana: Actor, files: Challenge, where: Path) -> None:
    submission, response = begin(db, files, ana)
    first, second = add(db, response, where, ana), add(db, response, where, ana)
    submissions.save(db, submission.id, response.stage_id, {}, by=ana)
    with pytest.raises(LimitReached, match="no more files"):
        add(db, response, where, ana)
    uploads.remove(db, submission.id, response.stage_id, first.public_id, by=ana)
    uploads.remove(db, submission.id, response.stage_id, first.public_id, by=ana)
    db.commit()
    db.refresh(response)
    assert [each["id"] for each in (response.response or {})["files"]] == [str(second.public_id)]
    assert (where / str(first.file)).exists(), "a row may still be rolled back: the file goes in the night"


def test_after_changes_are_asked_files_may_be_exchanged(
    db: Session, ana: Actor, mia: Actor, files: Challenge, where: Path
) -> None:
    submission, response = begin(db, files, ana)
    blurred = add(db, response, where, ana)
    submissions.submit(db, submission.id, response.stage_id, {}, by=ana)
    submissions.request_redo(db, submission.id, stage_ids=[response.stage_id], comment="It is blurred.", by=mia)
    uploads.remove(db, submission.id, response.stage_id, blurred.public_id, by=ana)
    sharp = add(db, response, where, ana)
    submissions.submit(db, submission.id, response.stage_id, {}, by=ana)
    db.commit()
    db.refresh(response)
    assert [each["id"] for each in (response.response or {})["files"]] == [str(sharp.public_id)]
    assert response.state is ResponseState.HANDED_IN


def test_nobody_adds_files_to_what_is_not_theirs_or_takes_none(
    db: Session, ana: Actor, kofi: Actor, mia: Actor, offer: Offer, files: Challenge, where: Path
) -> None:
    _submission, response = begin(db, files, ana)
    story, telling = begin(db, offer(("story", 10), title="A story"), ana)
    with pytest.raises(NotFound):
        add(db, response, where, kofi)
    with pytest.raises(NotFound, match="takes no files"):
        add(db, telling, where, ana)
    assert story.id
    db.commit()
    assert not where.exists() or not list(where.iterdir())


def test_what_somebodys_files_take_is_bounded(db: Session, ana: Actor, offer: Offer, where: Path) -> None:
    _submission, response = begin(db, offer(("upload", 5, {**SETUP, "most": 5}), title="Five"), ana)
    db.commit()
    for number in range(6):
        _other, another = begin(db, offer(("upload", 5, SETUP), title=f"Room {number}"), ana)
        db.execute(
            text(
                "INSERT INTO upload (person_id, response_id, file, name, media_type, size)"
                " VALUES (:p, :r, gen_random_uuid(), 'x.pdf', 'application/pdf', 16777216)"
            ),
            {"p": ana.person_id, "r": another.id},
        )
        db.commit()
    left = QUOTA - 6 * 16_777_216
    with pytest.raises(LimitReached, match="100 MB"):
        add(db, response, where, ana, Taken("x.pdf", "application/pdf", b"x" * (left + 1)))
    kept = add(db, response, where, ana, Taken("x.pdf", "application/pdf", b"x" * left))
    db.commit()
    with pytest.raises(IntegrityError) as refused:
        db.execute(
            text(
                "INSERT INTO upload (person_id, response_id, file, name, media_type, size)"
                " SELECT person_id, response_id, gen_random_uuid(), name, media_type, 1 FROM upload WHERE id = :id"
            ),
            {"id": kept.id},
        )
    assert refused.value.orig.diag.constraint_name == "upload_quota"  # type: ignore[union-attr]
    db.rollback()
    db.execute(text("UPDATE stage_response SET response = NULL"))
    db.execute(text("DELETE FROM upload"))
    db.commit()


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE upload SET name = 'other.pdf'", "upload_stays"),
        ("DELETE FROM upload", "upload_stays"),
        (
            (
                "INSERT INTO upload (person_id, response_id, file, name, media_type, size)"
                " SELECT person_id, response_id, gen_random_uuid(), name, media_type, size FROM upload"
            ),
            "upload_stays",
        ),
        (
            (
                "INSERT INTO upload (person_id, response_id, file, name, media_type, size)"
                " SELECT {kofi}, response_id, gen_random_uuid(), name, media_type, size FROM upload"
            ),
            "upload_of_stage",
        ),
    ],
)
def test_the_database_keeps_what_was_handed_in(
    db: Session, ana: Actor, kofi: Actor, files: Challenge, where: Path, change: str, constraint: str
) -> None:
    submission, response = begin(db, files, ana)
    add(db, response, where, ana)
    submissions.submit(db, submission.id, response.stage_id, {}, by=ana)
    db.commit()
    with pytest.raises(IntegrityError) as refused:
        db.connection().exec_driver_sql(change.replace("{kofi}", str(kofi.person_id)))
    assert refused.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]
    db.rollback()


def test_what_is_handed_in_are_the_files_that_are_kept(db: Session, ana: Actor, files: Challenge, where: Path) -> None:
    _submission, response = begin(db, files, ana)
    add(db, response, where, ana)
    db.commit()
    for listed in ('{"files": []}', '{"files": [{"id": "x"}]}', "{}"):
        with pytest.raises(IntegrityError) as refused:
            db.execute(
                text("UPDATE stage_response SET state = 'handed_in', handed_in_at = now(), response = :listed"),
                {"listed": listed},
            )
        assert refused.value.orig.diag.constraint_name == "upload_handed_in"  # type: ignore[union-attr]
        db.rollback()


def page_of(browser: Browser, home: str, where_to: str, **fields: Any) -> Any:
    """Send a form that brings a file."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(home).text)
    assert token
    return browser.client.post(where_to, data={"csrf_token": token[1], **fields}, content_type="multipart/form-data")


def sent(content: bytes, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def test_the_way_through_the_pages(
    db: Session, app: Portal, ana: Actor, kofi: Actor, mia: Actor, files: Challenge
) -> None:
    browser, home = Browser(app, db, ana), f"/challenges/{files.public_id}"
    browser.post(f"{home}/submission", home)
    page = browser.get(home).text
    assert 'enctype="multipart/form-data"' in page
    assert 'accept="image/jpeg,image/png,image/webp,application/pdf"' in page
    here, adding = f"{home}/steps/1", f"{home}/steps/1/files"
    photo = image("JPEG", gps=True)
    assert page_of(browser, home, adding, file=sent(photo, "Desk 1.jpeg")).status_code == 303
    for content, name, said in (
        (b"<svg onload=alert(1)>", "x.png", "not a file that is taken here"),
        (b"", "empty.pdf", "This file is empty"),
        (PDF[:-6], "half.pdf", "damaged"),
        (b"%PDF-1.4" + b"0" * LARGEST, "large.pdf", "at most 8 MB"),
    ):
        for target in (adding, here):
            answer = page_of(browser, home, target, file=sent(content, name))
            assert (answer.status_code, said in answer.text) == (422, True), (name, target)
            assert "Desk 1.jpg" in answer.text, "what was added before is there"
    assert page_of(browser, home, adding).status_code == 422
    assert page_of(browser, home, adding, file=sent(PDF, "x.pdf"), points="9").status_code == 422
    assert page_of(browser, home, here, file=sent(PDF, "Slides.pdf")).status_code == 303
    kept = db.scalars(select(Upload).order_by(Upload.id)).all()
    assert [(each.name, each.media_type) for each in kept] == [
        ("Desk 1.jpg", "image/jpeg"),
        ("Slides.pdf", "application/pdf"),
    ]
    read = browser.get(here).text
    assert f"/challenges/files/{kept[0].public_id}" in read
    submission = db.scalars(select(Submission)).one()
    shown = Browser(app, db, mia).get(f"/admin/approvals/{submission.public_id}").text
    assert f'<img src="/challenges/files/{kept[0].public_id}"' in shown
    assert "Slides.pdf" in shown


def test_a_file_is_served_to_its_person_and_to_managers_once_it_is_handed_in(
    db: Session, app: Portal, ana: Actor, kofi: Actor, mia: Actor, pia: Actor, files: Challenge, where: Path
) -> None:
    submission, response = begin(db, files, ana)
    kept = add(db, response, where, ana, Taken("Über uns.pdf", "application/pdf", PDF))
    db.commit()
    path = f"/challenges/files/{kept.public_id}"
    for who in (kofi, mia, pia):
        answer = Browser(app, db, who).get(path)
        assert answer.status_code == 404, "not handed in yet: nobody else knows of it"
    assert Browser(app, db, None).get(path).status_code in {303, 401}
    submissions.submit(db, submission.id, response.stage_id, {}, by=ana)
    db.commit()
    assert Browser(app, db, kofi).get(path).status_code == 404
    for who in (ana, mia):
        answer = Browser(app, db, who).get(path)
        assert (answer.status_code, answer.data) == (200, PDF)
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert "filename*=UTF-8''%C3%9Cber%20uns.pdf" in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    (where / str(kept.file)).unlink()
    assert Browser(app, db, ana).get(path).status_code == 404


def test_an_image_that_is_served_tells_no_place(db: Session, app: Portal, ana: Actor, files: Challenge) -> None:
    browser, home = Browser(app, db, ana), f"/challenges/{files.public_id}"
    browser.post(f"{home}/submission", home)
    page_of(browser, home, f"{home}/steps/1/files", file=sent(image("JPEG", gps=True), "a.jpg"))
    [kept] = db.scalars(select(Upload)).all()
    served = browser.get(f"/challenges/files/{kept.public_id}")
    assert served.headers["Content-Disposition"].startswith("attachment")
    with Image.open(io.BytesIO(served.data)) as drawn:
        assert not drawn.getexif()
    assert b"GPS" not in served.data
    taken_away = browser.post(f"{home}/steps/1/files/{kept.public_id}/removal", home)
    assert taken_away.status_code == 303
    assert "a.jpg" not in browser.get(home).text
    assert browser.get(f"/challenges/files/{kept.public_id}").status_code == 404


def test_orphans_are_swept_and_what_has_a_row_is_not(
    db: Session, app: Portal, ana: Actor, files: Challenge, where: Path
) -> None:
    _submission, response = begin(db, files, ana)
    kept = add(db, response, where, ana)
    db.commit()
    orphan = store.write(where, b"A row for this was rolled back.")
    for name in (kept.file, orphan):
        os.utime(where / str(name), (1, 1))
    jobs.sweep_files(db)
    assert {UUID(path.name) for path in where.iterdir()} == {kept.file}


def test_a_refused_file_leaves_nothing_behind(
    db: Session, app: Portal, ana: Actor, files: Challenge, where: Path
) -> None:
    browser, home = Browser(app, db, ana), f"/challenges/{files.public_id}"
    browser.post(f"{home}/submission", home)
    page_of(browser, home, f"{home}/steps/1/files", file=sent(b"<html>", "a.png"))
    assert not where.exists() or not list(where.iterdir())
    assert db.scalars(select(Upload)).all() == []


def test_a_backup_holds_what_was_handed_in(db: Session, app: Portal, ana: Actor, files: Challenge, where: Path) -> None:
    _submission, response = begin(db, files, ana)
    kept = add(db, response, where, ana)
    db.commit()
    assert f"files/{kept.file}" in {str(name) for name in backup.files(app.config["PORTAL"].instance)}
