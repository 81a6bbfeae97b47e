"""Asking for a call and taking the ask back."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit import SYSTEM
from portal.clock import now
from portal.consent import consents
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY
from portal.database.refusal import Conflict, Invalid, LimitReached, NotAllowed, NotFound
from portal.people import people
from portal.references import answers, assignments, opportunities, requests
from portal.references.models import Ask, Assignment, AssignmentState, CallState, ReferenceRequest, RequestState
from tests.asking import TOPICS, accepted, ask, assignment_of, contacted, history_of, messages_to
from tests.consented import Known, agree, make_advocate, make_company, make_staff


@pytest.fixture
def agreed(db: Session, ana: Known) -> Known:
    agree(db, ana)
    db.commit()
    return ana


def test_asking_approves_at_once_and_waits_for_the_advocate(db: Session, agreed: Known, rep: Known) -> None:
    request = ask(db, agreed, rep)
    db.commit()
    assignment = assignment_of(db, request)
    assert (request.state, request.number) == (RequestState.WAITING, f"REQ-{request.id}")
    assert (assignment.state, assignment.scope) == (AssignmentState.ASKED, SAME_INDUSTRY)
    assert assignment.points == 400
    assert assignment.answer_by == assignment.asked_at + timedelta(hours=72)
    assert history_of(db, request) == ["requested", "approved", "asked"]
    assert messages_to(db, agreed) == ["request.ask"]
    jobs = db.scalars(text("SELECT task_name FROM procrastinate_jobs WHERE task_name LIKE 'references%'")).all()
    assert jobs == ["references.expire_ask"]


def test_the_answer_is_due_before_the_call_is_needed(db: Session, agreed: Known, rep: Known) -> None:
    tomorrow = now(db).date() + timedelta(days=1)
    assignment = assignment_of(db, ask(db, agreed, rep, needed_by=tomorrow))
    assert assignment.answer_by == requests.end_of(tomorrow)


def test_a_prospect_of_another_industry_needs_the_other_consent(db: Session, ana: Known, rep: Known) -> None:
    agree(db, ana, [OTHER_INDUSTRIES])
    with pytest.raises(Conflict, match="do not agree"):
        ask(db, ana, rep)
    request = ask(db, ana, rep, prospect_industry="Health care")
    db.commit()
    assert assignment_of(db, request).scope == OTHER_INDUSTRIES


def test_nobody_is_asked_without_consent(db: Session, ana: Known, rep: Known) -> None:
    with pytest.raises(Conflict, match="do not agree"):
        ask(db, ana, rep)


def test_consent_whose_time_is_up_is_no_consent(db: Session, agreed: Known, rep: Known, at: object) -> None:
    later = now(db) + timedelta(days=366)
    at(later.isoformat())  # type: ignore[operator]
    with pytest.raises(Conflict, match="do not agree"):
        ask(db, agreed, rep, needed_by=later.date() + timedelta(days=5))


def test_a_deal_tells_the_prospect(db: Session, agreed: Known, rep: Known) -> None:
    company = make_company(db, "Cancity", industry="retail", country="Kenya", employees=60)
    product = people.add_product(db, "GTX Pro", by=SYSTEM)
    deal = opportunities.add(
        db, by=rep.actor, stage="Engaging", company_id=company.id, product_id=product.id, owner_id=rep.id
    )
    request = ask(db, agreed, rep, opportunity_id=deal.id, prospect_name=None, prospect_industry=None)
    db.commit()
    known = (request.prospect_name, request.prospect_industry, request.prospect_country, request.prospect_size_band)
    assert known == ("Cancity", "retail", "Kenya", "50-499")
    assert request.product == "GTX Pro"


def test_a_deal_without_a_company_needs_a_name(db: Session, agreed: Known, rep: Known) -> None:
    deal = opportunities.add(db, by=rep.actor, stage="Engaging", owner_id=rep.id)
    with pytest.raises(Invalid) as refusal:
        ask(db, agreed, rep, opportunity_id=deal.id, prospect_name=" ")
    assert refusal.value.field == "prospect_name"
    assert ask(db, agreed, rep, opportunity_id=deal.id).prospect_name == "Brightline Health"
    db.commit()


def test_a_deal_of_somebody_else_is_not_found(db: Session, agreed: Known, rep: Known, mia: Known) -> None:
    other = make_staff(db, "Other Rep", "sales")
    deal = opportunities.add(db, by=SYSTEM, stage="Engaging", owner_id=other.id)
    with pytest.raises(NotFound):
        ask(db, agreed, rep, opportunity_id=deal.id)
    assert ask(db, agreed, mia, opportunity_id=deal.id).requested_by == mia.id
    db.commit()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"needed_by": timedelta(0)}, "needed_by"),
        ({"needed_by": timedelta(days=181)}, "needed_by"),
        ({"topics": "  "}, "topics"),
        ({"topics": "x" * 1001}, "topics"),
        ({"prospect_name": "x" * 201}, "prospect_name"),
        ({"prospect_industry": "x" * 201}, "prospect_industry"),
    ],
)
def test_what_was_typed_wrongly_is_named(
    db: Session, agreed: Known, rep: Known, changes: dict[str, object], field: str
) -> None:
    if isinstance(changes.get("needed_by"), timedelta):
        changes = {"needed_by": now(db).date() + changes["needed_by"]}  # type: ignore[operator]
    with pytest.raises(Invalid) as refusal:
        ask(db, agreed, rep, **changes)
    assert refusal.value.field == field


def test_only_staff_ask_and_nobody_asks_themselves(db: Session, agreed: Known, sol: Known) -> None:
    with pytest.raises(NotAllowed):
        ask(db, agreed, sol)
    with pytest.raises(NotAllowed):
        requests.ask(
            db,
            person_id=agreed.id,
            needed_by=now(db).date() + timedelta(days=3),
            topics="x",
            by=SYSTEM,
            prospect_name="x",
        )
    people.grant_role(db, agreed.id, "sales", by=SYSTEM)
    both = Known(agreed.id, type(agreed.actor)(agreed.id, frozenset({"advocate", "sales"})), agreed.company_id)
    with pytest.raises(NotAllowed, match="yourself"):
        ask(db, agreed, both)


def test_asking_nobody_that_exists(db: Session, rep: Known) -> None:
    nobody = Known(999_999, rep.actor, None)
    with pytest.raises(NotFound):
        ask(db, nobody, rep)


def test_a_second_click_finds_the_first_request(db: Session, agreed: Known, rep: Known, mia: Known) -> None:
    key = uuid4()
    first = ask(db, agreed, rep, request_key=key)
    db.commit()
    assert ask(db, agreed, rep, request_key=key).id == first.id
    with pytest.raises(Conflict):
        ask(db, agreed, mia, request_key=key)
    assert db.scalars(select(ReferenceRequest.id)).all() == [first.id]


def test_several_are_asked_or_none(db: Session, agreed: Known, sol: Known, rep: Known) -> None:
    soon = now(db).date() + timedelta(days=9)
    wish = {"needed_by": soon, "topics": TOPICS, "by": rep.actor, "prospect_name": "Brightline"}
    with pytest.raises(Conflict):
        requests.ask_all(db, person_ids=[sol.id, agreed.id], **wish)
    db.rollback()
    assert db.scalars(select(Assignment.id)).all() == []
    agree(db, sol)
    request = requests.ask_all(db, person_ids=[sol.id, agreed.id, sol.id], **wish)
    db.commit()
    people_asked = db.scalars(select(Assignment.person_id).where(Assignment.request_id == request.id)).all()
    assert sorted(people_asked) == sorted([sol.id, agreed.id])


def test_one_who_says_no_leaves_the_others_asked(db: Session, agreed: Known, sol: Known, rep: Known) -> None:
    agree(db, sol)
    request = _ask_both(db, agreed, sol, rep)
    mine, theirs = _assignments(db, request, agreed, sol)
    answers.decline(db, mine.id, by=agreed.actor)
    db.commit()
    assert request.state is RequestState.WAITING
    answers.accept(db, theirs.id, by=sol.actor)
    db.commit()
    assert request.state is RequestState.SCHEDULED


def test_a_call_that_falls_through_leaves_the_other_ask_open(
    db: Session, agreed: Known, sol: Known, rep: Known
) -> None:
    agree(db, sol)
    request = _ask_both(db, agreed, sol, rep)
    mine, _theirs = _assignments(db, request, agreed, sol)
    answers.accept(db, mine.id, by=agreed.actor)
    answers.step_back(db, mine.id, by=agreed.actor)
    db.commit()
    assert request.state is RequestState.WAITING


def test_both_may_accept(db: Session, agreed: Known, sol: Known, rep: Known) -> None:
    agree(db, sol)
    request = _ask_both(db, agreed, sol, rep)
    mine, theirs = _assignments(db, request, agreed, sol)
    answers.accept(db, mine.id, by=agreed.actor)
    answers.accept(db, theirs.id, by=sol.actor)
    answers.step_back(db, mine.id, by=agreed.actor)
    db.commit()
    assert request.state is RequestState.SCHEDULED


def _ask_both(db: Session, ana: Known, sol: Known, rep: Known) -> ReferenceRequest:
    request = requests.ask_all(
        db,
        person_ids=[ana.id, sol.id],
        needed_by=now(db).date() + timedelta(days=9),
        topics=TOPICS,
        by=rep.actor,
        prospect_name="Brightline",
    )
    db.commit()
    return request


def _assignments(db: Session, request: ReferenceRequest, *who: Known) -> list[Assignment]:
    found = {a.person_id: a for a in db.scalars(select(Assignment).where(Assignment.request_id == request.id))}
    return [found[one.id] for one in who]


def test_withdrawing_before_the_mail_left_frees_the_ask(db: Session, agreed: Known, rep: Known) -> None:
    request = ask(db, agreed, rep)
    db.commit()
    requests.withdraw(db, request.id, by=rep.actor)
    db.commit()
    assert request.state is RequestState.WITHDRAWN
    assert messages_to(db, agreed) == ["request.ask"]
    message = db.execute(text("SELECT state, reason FROM message WHERE kind = 'request.ask'")).one()
    assert tuple(message) == ("dropped", "superseded")
    again = ask(db, agreed, rep)
    db.commit()
    assert assignment_of(db, again).state is AssignmentState.ASKED


def test_withdrawing_later_tells_them_and_still_counts(db: Session, agreed: Known, rep: Known) -> None:
    request = ask(db, agreed, rep)
    contacted(db)
    db.commit()
    requests.withdraw(db, request.id, by=rep.actor)
    requests.withdraw(db, request.id, by=rep.actor)
    db.commit()
    assert messages_to(db, agreed) == ["request.ask", "request.withdrawn"]
    with pytest.raises(LimitReached, match=r"A\. M\. is resting until"):
        ask(db, agreed, rep)


def test_an_ask_that_was_read_in_the_portal_counts(db: Session, agreed: Known, rep: Known) -> None:
    request = ask(db, agreed, rep)
    db.execute(text("UPDATE message SET read_at = portal_now() WHERE kind = 'request.ask'"))
    requests.withdraw(db, request.id, by=rep.actor)
    db.commit()
    assert db.scalars(select(Ask.freed_at)).one() is None


def test_withdrawing_a_scheduled_call_cancels_it(db: Session, agreed: Known, rep: Known) -> None:
    request, assignment, call = accepted(db, agreed, rep)
    requests.withdraw(db, request.id, by=rep.actor)
    db.commit()
    assert (request.state, assignment.state, call.state) == ("withdrawn", "withdrawn", "cancelled")
    assert messages_to(db, agreed) == ["request.ask", "request.withdrawn"]
    assert db.scalars(select(Ask.freed_at)).one() is None


def test_only_who_asked_and_managers_withdraw(db: Session, agreed: Known, rep: Known, mia: Known) -> None:
    request = ask(db, agreed, rep)
    db.commit()
    other = make_staff(db, "Other Rep", "sales")
    for stranger in (other, agreed):
        with pytest.raises(NotFound):
            requests.withdraw(db, request.id, by=stranger.actor)
    with pytest.raises(NotFound):
        requests.withdraw(db, 999_999, by=mia.actor)
    requests.withdraw(db, request.id, by=mia.actor)
    db.commit()
    assert request.state is RequestState.WITHDRAWN


def test_an_expired_request_cannot_be_withdrawn(db: Session, agreed: Known, rep: Known) -> None:
    request = ask(db, agreed, rep)
    answers.decline(db, assignment_of(db, request).id, by=agreed.actor)
    with pytest.raises(Conflict):
        requests.withdraw(db, request.id, by=rep.actor)


def test_an_open_assignment_cannot_stand_without_consent(db: Session, agreed: Known, rep: Known) -> None:
    assignment = assignment_of(db, ask(db, agreed, rep))
    db.commit()
    with pytest.raises(IntegrityError, match="fk_assignment_consent"):
        db.execute(
            text("UPDATE assignment SET scope = 'reference_call:live:nobody' WHERE id = :id"), {"id": assignment.id}
        )


def test_an_assignment_cannot_be_asked_past_the_limits(db: Session, agreed: Known, rep: Known) -> None:
    """Who is asked needs a row that the counting trigger let through."""
    request = ask(db, agreed, rep)
    stranger = make_advocate(db, "Kim Uncounted")
    agree(db, stranger)
    db.commit()
    db.execute(
        text(
            "INSERT INTO assignment (request_id, person_id, scope, points, state, asked_at, answer_by)"
            " VALUES (:request, :person, :scope, 0, 'asked', now(), now())"
        ),
        {"request": request.id, "person": stranger.id, "scope": SAME_INDUSTRY},
    )
    with pytest.raises(IntegrityError, match="fk_assignment_ask"):
        db.commit()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE reference_request SET outcome = 'helped'",
        "UPDATE reference_request SET state = 'asleep'",
        "UPDATE assignment SET state = 'declined', ended_at = now()",
        "UPDATE assignment SET ended_at = now()",
        "UPDATE assignment SET answer_by = NULL",
        "UPDATE assignment SET state = 'accepted', answered_at = now()",
    ],
)
def test_the_database_refuses_states_that_do_not_fit(db: Session, agreed: Known, rep: Known, change: str) -> None:
    ask(db, agreed, rep)
    db.commit()
    with pytest.raises(IntegrityError):
        db.execute(text(change))


def test_withdrawing_consent_closes_the_ask_and_tells_the_rep(db: Session, agreed: Known, rep: Known) -> None:
    request = ask(db, agreed, rep)
    db.commit()
    consents.withdraw(db, agreed.id, by=agreed.actor)
    db.commit()
    assert (request.state, assignment_of(db, request).state) == ("unfilled", "withdrawn")
    assert messages_to(db, rep) == ["request.consent_ended"]
    assert history_of(db, request)[-2:] == ["consent_ended", "unfilled"]


def test_withdrawing_one_consent_leaves_asks_of_the_other(db: Session, agreed: Known, rep: Known) -> None:
    request = ask(db, agreed, rep)
    db.commit()
    consents.withdraw(db, agreed.id, [OTHER_INDUSTRIES], by=agreed.actor)
    db.commit()
    assert request.state is RequestState.WAITING


def test_withdrawing_consent_cancels_an_accepted_call(db: Session, agreed: Known, rep: Known) -> None:
    request, assignment, call = accepted(db, agreed, rep)
    db.commit()
    consents.withdraw(db, agreed.id, by=agreed.actor)
    db.commit()
    assert (request.state, assignment.state, call.state) == ("unfilled", "withdrawn", "cancelled")


def test_a_deal_stands_at_some_stage(db: Session, rep: Known, sol: Known) -> None:
    with pytest.raises(Invalid):
        opportunities.add(db, by=rep.actor, stage="  ")
    with pytest.raises(NotAllowed):
        opportunities.add(db, by=sol.actor, stage="Engaging")


def test_states_move_only_along_their_tables(db: Session, agreed: Known, rep: Known) -> None:
    request, assignment, call = accepted(db, agreed, rep)
    with pytest.raises(Conflict):
        assignments.move_request(db, request, RequestState.REQUESTED)
    with pytest.raises(Conflict):
        assignments.move_assignment(db, assignment, AssignmentState.EXPIRED)
    with pytest.raises(Conflict):
        assignments.move_call(call, CallState.PROPOSED)
    with pytest.raises(NotFound):
        assignments.lock(db, request.id, []).assignment(999_999)
    with pytest.raises(NotFound):
        assignments.lock(db, 999_999, [])
    db.commit()
