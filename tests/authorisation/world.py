"""A small world, made through the verbs: one thing of each kind and state, with an owner and with another one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from portal.access import invitations, nominations, passwords, sessions, sign_in, terms, tokens
from portal.access.models import SignInLink
from portal.access.states import Purpose
from portal.audit import SYSTEM, Actor
from portal.challenges import challenges, comments, outline, submissions, uploads, verdicts
from portal.challenges.audience import EVERYBODY, Audience
from portal.challenges.models import Challenge, Stage, Submission
from portal.challenges.states import Decision
from portal.clock import now, set_now
from portal.consent import consents, links
from portal.consent.activities import ACTIVITIES, REFERENCE_CALL
from portal.consent.models import ConsentEvent
from portal.consent.scopes import OTHER_INDUSTRIES, SAME_INDUSTRY
from portal.files.intake import Taken
from portal.imports import runs, working
from portal.imports.mapping import Choice
from portal.imports.models import ImportJob
from portal.messages import unsubscribing
from portal.messages.models import Message
from portal.people import people
from portal.people.states import AdvocateStatus
from portal.points import adjustments, awards
from portal.points.models import Level
from portal.program import Program
from portal.references import (
    answers,
    calls,
    exceptions,
    fatigue,
    opportunities,
    pool,
    profile,
    requests,
    saved_searches,
    times,
)
from portal.references.models import Assignment, CallTime, LimitException, ReferenceCall, ReferenceRequest
from portal.references.models.pool import PoolEntry
from portal.references.pool_sql import Filters
from portal.rewards import catalogue, codes, redemption
from portal.rewards.catalogue import Rules
from portal.web.session import hash_token
from tests.pictures import PDF

BROWSER = "the-browser-that-asked-for-the-link-".ljust(43, "b")
STORY = "Nine days from contract to the first shift, and nobody called the help desk on day one."
SETUPS: dict[str, dict[str, object]] = {
    "visit": {"address": "https://www.example.com/news", "button": "Read"},
    "questions": {
        "questions": [
            {"kind": "text", "ask": "What changed?", "hint": "One sentence is enough."},
            {"kind": "one", "ask": "How did you hear of us?", "choices": ["From a friend", "At a fair"]},
            {"kind": "several", "ask": "What do you use?", "choices": ["Routing", "Reports"], "required": False},
            {"kind": "scale", "ask": "How easy is it?", "top": 5},
        ]
    },
}
PASSWORD = "walnut harbour ninety lanterns"
REVIEW: dict[str, object] = {
    "site": "g2",
    "address": "https://www.g2.com/products/world/reviews/start",
    "disclosure": "I get points for it.",
}
FILES: dict[str, object] = {"families": ["image", "pdf"], "most": 5}
TOPICS = "How long did the move take, and what broke?"


@dataclass
class World:
    """Whom and what the rows of the matrix name: people by role, things by a word."""

    key: str
    people: dict[str, Actor] = field(default_factory=dict)
    public: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def id_of(self, persona: str) -> int:
        """The key of a person."""
        found = self.people[persona].person_id
        assert found is not None
        return found


def build(session: Session, keys: list[str], folder: Path) -> World:
    """Let it all be there; commits."""
    world = World(keys[0])
    _limits(session)
    _people(session, world)
    _catalogue(session, world)
    _challenges(session, world)
    _reviews(session, world)
    _pool(session, world)
    _requests(session, world)
    _exceptions(session, world)
    _orders(session, world)
    _adjustments(session, world)
    _doors(session, world, keys)
    _imports(session, world, folder)
    _files(session, world, folder)
    session.commit()
    return world


def _limits(session: Session) -> None:
    wide = {"person_asks": 90, "person_gap_hours": 0, "person_open_asks": 90, "company_asks": 900}
    session.execute(update(Program).values(**wide))


def join(session: Session, name: str, *roles: str, company_id: int | None = None) -> Actor:
    """Somebody with an address and roles; advocates are active."""
    local = name.lower().replace(" ", ".")
    person = people.add_person(
        session, name, by=SYSTEM, roles=roles, company_id=company_id, email=f"{local}@world.example", verified=True
    )
    if "advocate" in roles:
        people.move_advocate(session, person.id, AdvocateStatus.ACTIVE, by=SYSTEM)
    return Actor(person.id, frozenset(roles))


def _people(session: Session, world: World) -> None:
    firm = people.add_company(session, "Harbor Lines", by=SYSTEM, industry="Logistics", country="Germany", employees=90)
    world.numbers["firm"] = firm.id
    cast = (
        ("advocate", "Ana Mitchell", "advocate"),
        ("other", "Omar Haddad", "advocate"),
        ("sales", "Tom Alvarez", "sales"),
        ("manager", "Mia Novak", "manager"),
        ("admin", "Sam Whitlock", "admin"),
        ("colleague", "Zoe Lund", "manager"),
        ("rep", "Ines Carvalho", "sales"),
        ("member", "Kofi Mensah", "advocate"),
    )
    for persona, name, role in cast:
        world.people[persona] = join(session, name, role, company_id=firm.id if role == "advocate" else None)
        world.tokens[persona] = f"session-of-{persona}-".ljust(43, "x")
        sessions.start(session, world.id_of(persona), hash_token(world.tokens[persona]), "Firefox/140.0")
    for persona in ("advocate", "other", "sales", "manager", "admin"):
        second = sessions.start(
            session, world.id_of(persona), hash_token(f"phone-of-{persona}-".ljust(43, "x")), "Phone"
        )
        session.flush()
        session.refresh(second)
        world.things[f"session of {persona}"] = str(second.public_id)
    for persona in ("advocate", "other"):
        awards.grant(
            session,
            world.id_of(persona),
            9000,
            subject=f"trial_award:{world.id_of(persona)}",
            cause="submission:1",
            reason="A start",
            by=SYSTEM,
        )
    session.commit()


def _catalogue(session: Session, world: World) -> None:
    for word in ("reward", "draft reward", "archived reward", "asking reward", "code reward"):
        made = catalogue.create(
            session,
            f"Jacket ({word})",
            by=world.people["manager"],
            description="Recycled shell.",
            art="jacket",
            price=300,
            stock=500,
            delivery="We ask for your size.",
            rules=Rules(approval=word.startswith("asking")),
            fulfilment="code" if word.startswith("code") else "manual",
        )
        if not word.startswith("draft"):
            catalogue.publish(session, made.id, by=world.people["manager"])
        if word.startswith("archived"):
            catalogue.archive(session, made.id, by=world.people["manager"])
        if word.startswith("code"):
            listed = "\n".join(f"WORLD-{number:04}" for number in range(20))
            codes.add(session, made.id, listed, secrets=[world.key], by=world.people["manager"])
        world.things[word], world.numbers[word] = str(made.public_id), made.id


def challenge(
    session: Session,
    world: World,
    title: str,
    *,
    audience: Audience = EVERYBODY,
    live: bool = True,
    steps: tuple[str, ...] = ("confirm", "story"),
) -> Challenge:
    """A challenge with an honour step and a story, or with other steps."""
    by = world.people["manager"]
    made = challenges.create(session, title, by=by, summary="In your own words.", audience=audience)
    for kind in steps:
        outline.add_stage(
            session,
            made.id,
            kind,
            title=f"The {kind}",
            instructions="Do it.",
            points=150 if kind == "story" else 10,
            setup={"review": REVIEW, "upload": FILES, **SETUPS}.get(kind),
            by=by,
        )
    if live:
        challenges.publish(session, made.id, by=by)
    session.flush()
    session.refresh(made)
    world.things[title], world.numbers[title] = str(made.public_id), made.id
    return made


def _challenges(session: Session, world: World) -> None:
    miners = Audience(industries=("Mining",))
    challenge(session, world, "offer")
    challenge(session, world, "for miners", audience=miners)
    draft = challenge(session, world, "draft", live=False, steps=("confirm", "story", *SETUPS))
    first = select(Stage.id).where(Stage.challenge_id == draft.id, Stage.position == 1)
    world.things["stage"] = str(session.scalars(first).one())
    asking = select(Stage.id).where(Stage.challenge_id == draft.id, Stage.kind == "questions")
    world.things["asking stage"] = str(session.scalars(asking).one())
    challenge(session, world, "draft of a review", live=False, steps=("review",))
    challenge(session, world, "draft of files", live=False, steps=("upload",))
    for title in ("running", "dismissed"):
        made = challenge(session, world, title)
        for persona in ("advocate", "other"):
            if title == "running":
                submissions.start(session, made.id, by=world.people[persona])
            else:
                submissions.dismiss(session, made.id, by=world.people[persona])
    for title, steps in (("leading on", tuple(SETUPS)), ("running for a review", ("review",))):
        made = challenge(session, world, title, steps=steps)
        for persona in ("advocate", "other"):
            submissions.start(session, made.id, by=world.people[persona])
    session.commit()


def _files(session: Session, world: World, folder: Path) -> None:
    """A file that each advocate keeps for a step, and one that each has handed in."""
    paper = folder.parent / "paper.pdf"
    paper.write_bytes(PDF)
    world.things["file to hand in"] = str(paper)
    for title in ("running for files", "files handed in"):
        made = challenge(session, world, title, steps=("upload",))
        for persona in ("advocate", "other"):
            by = world.people[persona]
            submission = submissions.start(session, made.id, by=by)
            stage_id = submission.responses[0].stage_id
            taken = Taken("paper.pdf", "application/pdf", PDF)
            kept = uploads.add(session, submission.id, stage_id, taken, where=folder.parent / "files", by=by)
            session.refresh(kept)
            handed_in = title == "files handed in"
            world.things[f"file {'handed in by' if handed_in else 'kept by'} {persona}"] = str(kept.public_id)
            if handed_in:
                submissions.submit(session, submission.id, stage_id, {}, by=by)
    session.commit()


def hand_in(session: Session, challenge_id: int, by: Actor) -> Submission:
    """A submission that waits for a manager."""
    submission = submissions.start(session, challenge_id, by=by)
    wanted = select(Stage).where(Stage.challenge_id == challenge_id).order_by(Stage.position)
    for stage in session.scalars(wanted).all():
        words: dict[str, object] = {"text": STORY, "quote": ""} if stage.kind == "story" else {}
        submissions.submit(session, submission.id, stage.id, words, by=by)
    session.flush()
    session.refresh(submission)
    return submission


def _reviews(session: Session, world: World) -> None:
    made = challenge(session, world, "reviewed")
    for persona in ("advocate", "other"):
        submission = hand_in(session, made.id, world.people[persona])
        world.things[f"submission of {persona}"] = str(submission.public_id)
    begun = submissions.start(session, made.id, by=world.people["member"])
    session.flush()
    session.refresh(begun)
    world.things["submission begun"] = str(begun.public_id)
    for persona in ("manager", "admin", "colleague"):
        decided = challenge(session, world, f"decided by {persona}")
        submission = hand_in(session, decided.id, world.people["member"])
        verdict = verdicts.record(session, submission.id, Decision.APPROVE, by=world.people[persona])
        session.flush()
        session.refresh(verdict)
        world.things[f"verdict of {persona}"] = str(verdict.public_id)
    for word in ("template", "archived template"):
        template = comments.add(session, f"Thanks ({word})", "Thank you for this.", by=world.people["manager"])
        world.things[word] = str(template.public_id)
    comments.archive(session, template.id, by=world.people["manager"])
    session.commit()


def _pool(session: Session, world: World) -> None:
    for persona in ("advocate", "other"):
        person_id, me = world.id_of(persona), world.people[persona]
        consents.give(session, person_id, [SAME_INDUSTRY, OTHER_INDUSTRIES], by=me)
        wanted = profile.Wanted("Moved nine depots", "Ask me about it.", (), ("Rollout",), ("English",), False)
        profile.change(session, person_id, wanted, by=me)
        event = session.scalars(select(ConsentEvent).where(ConsentEvent.person_id == person_id).limit(1)).one()
        world.things[f"receipt of {persona}"] = str(event.public_id)
        entry = session.scalars(select(PoolEntry).where(PoolEntry.person_id == person_id)).one()
        world.things[f"pool entry of {persona}"] = str(entry.public_id)
    for persona in ("sales", "rep"):
        kept = saved_searches.save(session, "Mine", Filters(industry=("Logistics",)), by=world.people[persona])
        world.things[f"search of {persona}"] = str(kept.public_id)
    pool.propose(session, world.id_of("member"), because="submission:1")
    session.commit()


def _person_public(session: Session, person_id: int) -> str:
    return str(session.execute(text("SELECT public_id FROM person WHERE id = :id"), {"id": person_id}).scalar_one())


def deal(session: Session, world: World, owner: str, word: str) -> int:
    """An opportunity of a rep."""
    company = (
        world.numbers.get("prospect")
        or people.add_company(
            session, "Brightline", by=SYSTEM, industry="Logistics", country="France", employees=900
        ).id
    )
    world.numbers["prospect"] = company
    made = opportunities.add(
        session,
        by=SYSTEM,
        stage="Engaging",
        name=f"Brightline, {word}",
        company_id=company,
        owner_id=world.id_of(owner),
    )
    session.flush()
    session.refresh(made)
    world.things[word] = str(made.public_id)
    return made.id


def ask(session: Session, world: World, who: int, by: str, opportunity_id: int) -> tuple[ReferenceRequest, Assignment]:
    """A request to somebody, and the ask that came of it."""
    request = requests.ask(
        session,
        person_id=who,
        needed_by=(now(session) + timedelta(days=10)).date(),
        topics=TOPICS,
        by=world.people[by],
        opportunity_id=opportunity_id,
    )
    assignment = session.scalars(select(Assignment).where(Assignment.request_id == request.id)).one()
    session.flush()
    session.refresh(request)
    session.refresh(assignment)
    return request, assignment


def _requests(session: Session, world: World) -> None:
    deals = {owner: deal(session, world, owner, f"deal of {owner}") for owner in ("sales", "rep")}
    for rep, advocate in (("sales", "advocate"), ("rep", "other")):
        me = world.people[advocate]
        for state in ("begun", "asked", "accepted", "offered", "dated", "held"):
            session.commit()
            if state == "begun":  # its time has come by the hour at which the world stands
                set_now(session, now(session) - timedelta(hours=27))
            request, assignment = ask(session, world, world.id_of(advocate), rep, deals[rep])
            world.things[f"{state} request of {rep}"] = str(request.public_id)
            world.things[f"{state} ask of {advocate}"] = str(assignment.public_id)
            if state == "asked":
                continue
            answers.accept(session, assignment.id, by=me)
            call = session.scalars(select(ReferenceCall).where(ReferenceCall.assignment_id == assignment.id)).one()
            if state == "held":
                calls.confirm_held(session, call.id, by=world.people[rep])
            elif state in {"offered", "dated", "begun"}:
                _times(session, world, call, state, me, world.people[rep])
        session.commit()


def except_(session: Session, world: World, by: str, number: int = 0) -> LimitException:
    """An exception for somebody who was asked as often as the program allows."""
    return exceptions.ask_for(
        session,
        world.id_of("tired"),
        reason=f"They alone have nine depots ({number}).",
        by=world.people[by],
        key=uuid4(),
        activity=REFERENCE_CALL,
        prospect_name="Brightline",
    )


def _exceptions(session: Session, world: World) -> None:
    world.people["tired"] = tired = join(session, "Tia Tired", "advocate")
    consents.give(session, world.id_of("tired"), [SAME_INDUSTRY, OTHER_INDUSTRIES], by=tired)
    entry = session.scalars(select(PoolEntry).where(PoolEntry.person_id == world.id_of("tired"))).one()
    world.things["pool entry of tired"] = str(entry.public_id)
    for number in range(90):
        day = now(session) - timedelta(days=1 + number // len(ACTIVITIES))
        activity = list(ACTIVITIES)[number % len(ACTIVITIES)]
        fatigue.log_outside(session, world.id_of("tired"), day, by=world.people["sales"], activity=activity)
    for persona in ("sales", "rep"):
        world.things[f"exception of {persona}"] = str(except_(session, world, persona).public_id)
    session.commit()


def _times(session: Session, world: World, call: ReferenceCall, state: str, them: Actor, rep: Actor) -> None:
    times.offer(session, call.id, [now(session) + timedelta(days=day, hours=2) for day in (1, 2)], by=them)
    first = select(CallTime).where(CallTime.call_id == call.id, CallTime.position == 1)
    time = session.scalars(first.execution_options(populate_existing=True)).one()
    world.things.setdefault(f"{state} time", str(time.public_id))
    if state != "offered":
        times.pick(session, time.public_id, seen=call.sequence, by=rep)


def _orders(session: Session, world: World) -> None:
    of_codes = (("code", "code reward"), ("opened", "code reward"))
    for persona in ("advocate", "other"):
        for state, word in (("held", "reward"), ("delivered", "reward"), ("waiting", "asking reward"), *of_codes):
            wanted = world.numbers[word]
            made = redemption.redeem(session, wanted, by=world.people[persona], request_key=uuid4())
            session.flush()
            session.refresh(made)
            world.things[f"{state} order of {persona}"] = str(made.public_id)
            session.commit()
            if state == "opened":
                codes.show(session, made.id, secrets=[world.key], by=world.people[persona])
                session.commit()
            if state == "delivered":
                redemption.fulfil(session, made.id, by=world.people["manager"], note="Sent.")
                session.commit()


def _adjustments(session: Session, world: World) -> None:
    made = adjustments.enter(
        session, world.id_of("member"), 900, reason="A prize", by=world.people["colleague"], key=uuid4()
    )
    assert made is not None
    world.things["proposal"] = str(made.public_id)
    world.things["level"] = str(session.scalars(select(Level.public_id).where(Level.name == "Gold")).one())
    session.commit()


def _doors(session: Session, world: World, keys: list[str]) -> None:
    by = world.people["manager"]
    for word in ("invited", "guest"):
        person = people.add_person(session, f"Gina {word}", by=SYSTEM)
        made = invitations.invite(session, person.id, f"gina.{word}@world.example", "advocate", by=by, mail=False)
        session.flush()
        session.refresh(made)
        world.things[f"person {word}"] = str(person.public_id)
        world.things[f"invitation of {word}"] = str(made.public_id)
        world.things[f"path of {word}"] = invitations.path_of(made).rpartition("/")[2]
    firm = people.add_company(session, "Kettle Works", by=SYSTEM)
    known = people.add_person(session, "Kai Known", by=SYSTEM, email="kai.known@world.example", company_id=firm.id)
    world.things["person known"] = str(known.public_id)
    barred = join(session, "Bo Barred", "advocate")
    people.suspend(session, barred.person_id or 0, by=by)
    world.things["person barred"] = _person_public(session, barred.person_id or 0)
    world.things["person advocate"] = _person_public(session, world.id_of("advocate"))
    world.things["person"] = _person_public(session, world.id_of("member"))
    for word, name, rep in (("nomination", "Nia Nominee", "sales"), ("nomination of rep", "Ned Nominee", "rep")):
        nominated = nominations.nominate(
            session,
            name=name,
            address=f"{name[:3].lower()}@world.example",
            reason="Says so to everybody.",
            by=world.people[rep],
        )
        session.flush()
        session.refresh(nominated)
        world.things[word] = str(nominated.public_id)
    _password(session, world, keys)
    sign_in.ask(session, "kofi.mensah@world.example", BROWSER, ip="203.0.113.9")
    link = session.scalars(select(SignInLink).order_by(SignInLink.id.desc()).limit(1)).one()
    link.person_id = world.id_of("member")
    world.things["sign-in token"] = token = tokens.derive(tokens.SIGN_IN, link.seed, keys[0])
    world.things["sign-in code"] = tokens.code(token, keys[0])
    world.things["terms"] = ",".join(str(version.id) for version in terms.in_force(session))
    session.execute(text("INSERT INTO worker_seen (id, at) VALUES (1, '2100-01-01')"))
    member = UUID(_person_public(session, world.id_of("member")))
    for persona in ("advocate", "other"):
        told = select(Message.public_id).where(
            Message.person_id == world.id_of(persona), Message.kind == "points.level_reached"
        )
        world.things[f"message of {persona}"] = str(session.scalars(told.limit(1)).one())
    world.things["unsubscription token"] = unsubscribing.sign(keys, member, "request.ask")
    world.things["withdrawal token"] = links.sign(keys, member, [SAME_INDUSTRY])


def _password(session: Session, world: World, keys: list[str]) -> None:
    """A password of the member, and an open link to set another one."""
    member = world.id_of("member")
    for number in (1, 2):
        sign_in.ask(session, "kofi.mensah@world.example", BROWSER, ip="203.0.113.9", purpose=Purpose.PASSWORD)
        link = session.scalars(select(SignInLink).order_by(SignInLink.id.desc()).limit(1)).one()
        link.person_id = member
        session.flush()
        token = tokens.derive(tokens.PASSWORD, link.seed, keys[0])
        if number == 1:
            passwords.set_by_link(session, token, BROWSER, PASSWORD)
    world.things["password token"], world.things["password code"] = token, tokens.code(token, keys[0])
    sessions.start(session, member, hash_token(world.tokens["member"]), "Firefox/140.0")


ROWS = b"name,sector\nHarbor Lines,Logistics\nNew Lines,\n,Retail\n"


def choose_file(session: Session, world: World, folder: Path, *, check: bool = False) -> tuple[str, str]:
    """A file of companies that a manager chose: its address, and the number of its check, if it is checked."""
    by = world.people["manager"]
    made = runs.begin(session, "companies", file_name="rows.csv", content=BytesIO(ROWS), where=folder, by=by)
    session.flush()
    session.refresh(made)
    session.commit()
    number = ""
    if check:
        runs.match(session, made.public_id, [Choice("name"), Choice("industry")], role=None, by=by)
        session.flush()
        job = session.scalars(select(ImportJob.id).where(ImportJob.run_id == made.id)).one()
        session.commit()
        working.work(job, folder)
        number = str(job)
    return str(made.public_id), number


def _imports(session: Session, world: World, folder: Path) -> None:
    file = folder.parent / "rows.csv"
    file.write_bytes(ROWS)
    world.things["file of companies"] = str(file)
    world.things["import chosen"], _none = choose_file(session, world, folder)
    world.things["import checked"], world.things["check"] = choose_file(session, world, folder, check=True)
    session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'imports.work'"))
