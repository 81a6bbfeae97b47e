"""One breach of every rule, planted into the demo program past every trigger and key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Plant:
    """A rule, and the statements that break it."""

    rule: str
    statements: tuple[str, ...]


def plant(rule: str, *statements: str) -> Plant:
    """A plant, in one line."""
    return Plant(rule, statements)


def one(table: str, change: str, where: str = "true", key: str = "id") -> str:
    """Change the first row of a table for which `where` holds."""
    return f"UPDATE {table} SET {change} WHERE {key} = (SELECT min({key}) FROM {table} WHERE {where})"


def award(subject: str, credit: str) -> str:
    """An award that moved no balance."""
    return (
        "INSERT INTO transfer (kind, subject, phase, debit, credit, amount, lifetime_of, cause, reason)"
        f" SELECT 'award', '{subject}', 'single', min(id), {credit}, 5, {credit}, 'trial:1', 'Planted'"
        " FROM account WHERE kind = 'issuance'"
    )


SOMEBODY: Final = "(SELECT min(id) FROM account WHERE kind = 'person')"
NOBODY: Final = "987654321"
SETTLE: Final = (
    "INSERT INTO transfer (kind, subject, phase, debit, credit, amount, hold_id, cause, reason)"
    " SELECT 'redemption', 'planted:' || h.id || '-{phase}', '{phase}', h.debit, h.credit, {amount}, h.id, h.cause,"
    " 'Planted' FROM transfer h WHERE h.id = (SELECT min(o.id) FROM transfer o WHERE o.phase = 'hold'"
    " AND NOT EXISTS (SELECT FROM transfer s WHERE s.hold_id = o.id AND s.subject NOT LIKE 'planted:%'))"
)

_REVIEWED: Final = (
    "UPDATE stage SET kind = 'review', verification = 'manager', setup = '{setup}'"
    " WHERE kind IN ('confirm', 'visit', 'review') AND challenge_id IN"
    " (SELECT challenge_id FROM stage WHERE kind = 'story')"
)
_HELD: Final = (
    "INSERT INTO review_link (response_id, site, link, key, disclosure, version) SELECT min(id), 'g2',"
    " 'https://www.g2.com/x', 'g2:/x', 'Points.', 'abcdefabcdef' FROM stage_response WHERE state = 'handed_in'"
)
_FILED: Final = (
    "INSERT INTO upload (person_id, response_id, file, name, media_type, size) SELECT s.person_id, min(r.id),"
    " gen_random_uuid(), 'x.pdf', 'application/pdf', 1 FROM stage_response r JOIN submission s"
    " ON s.id = r.submission_id GROUP BY s.person_id"
)

PLANTS: Final = (
    plant(
        "access.sessions_of_members",
        one("person", "suspended_at = now()"),
        "INSERT INTO login_session (token_hash, person_id, expires_at, idle_seconds)"
        " SELECT decode(repeat('ab', 32), 'hex'), min(id), now() + interval '1 day', 60 FROM person",
    ),
    plant(
        "access.accepted_terms",
        "INSERT INTO invitation (person_id, address, role, seed, token_hash, expires_at, accepted_at)"
        " SELECT min(id), 'planted@harbor.example', 'advocate', gen_random_uuid(), decode(repeat('cd', 32), 'hex'),"
        " now() + interval '1 day', now() FROM person",
        "DELETE FROM terms_acceptance",
    ),
    plant(
        "access.passwords_of_the_reachable",
        "INSERT INTO password (person_id, hash) SELECT min(id), '$argon2id$v=19$m=19456,t=2,p=1$' || repeat('a', 22) ||"
        " '$' || repeat('b', 43) FROM person",
        "UPDATE person_email SET verified_at = NULL WHERE person_id = (SELECT min(id) FROM person)",
    ),
    plant(
        "challenges.accepted_is_paid",
        "UPDATE stage_response SET points = points + 1 WHERE state = 'accepted' AND points > 0",
    ),
    plant("challenges.paid_is_accepted", award(f"stage_response:{NOBODY}", SOMEBODY)),
    plant(
        "challenges.places_suffice",
        one(
            "challenge",
            "places = 1",
            "(SELECT count(*) FROM submission s WHERE s.challenge_id = challenge.id"
            " AND s.state IN ('submitted', 'approved')) > 1",
        ),
    ),
    plant("challenges.last_attempt_is_latest", one("submission", "latest = false", "state = 'approved'")),
    plant("challenges.says_what_its_edition_says", one("challenge", "minutes = minutes + 1", "state = 'published'")),
    plant(
        "challenges.says_what_its_edition_says",
        one("stage", "edition = edition + 1", "edition IS NOT NULL"),
    ),
    plant("challenges.audience_follows", one("audience_member", "country = 'Nowhere'", key="person_id")),
    plant("challenges.audience_names_people", one("challenge", f"people = '{{{NOBODY}}}'")),
    plant(
        "challenges.published_has_stages",
        *("DELETE FROM stage WHERE challenge_id = (SELECT min(id) FROM challenge WHERE state = 'published')",),
    ),
    plant(
        "challenges.published_is_set_up",
        "UPDATE stage SET kind = 'visit', setup = '{}' WHERE id = (SELECT min(s.id) FROM stage s"
        " JOIN challenge c ON c.id = s.challenge_id WHERE c.state = 'published')",
    ),
    plant(
        "challenges.published_is_set_up",
        _REVIEWED.replace("{setup}", '{"site": "g2", "address": "https://www.g2.com/x", "disclosure": ""}'),
    ),
    *(
        plant(
            rule, _REVIEWED.replace("{setup}", '{"site": "g2", "address": "https://www.g2.com/x", "disclosure": "x"}')
        )
        for rule in (
            "challenges.reviews_stand_alone",
            "challenges.reviews_are_paid_once",
            "challenges.reviews_keep_no_rating",
        )
    ),
    *(
        plant("challenges.reviews_are_paid_once", *statements)
        for statements in (
            (_HELD, "DROP INDEX uq_review_link_key", _HELD.replace("min(id)", "max(id)")),
            (f"{_HELD} AND submission_id IN (SELECT id FROM submission WHERE state = 'rejected')",),
        )
    ),
    plant(
        "challenges.files_are_listed",
        """UPDATE stage SET kind = 'upload', setup = '{"families": ["pdf"], "most": 1}' WHERE kind = 'questions'""",
    ),
    plant("challenges.files_have_room", _FILED),
    plant("challenges.stage_of_challenge", one("stage_response", f"stage_id = {NOBODY}")),
    plant(
        "challenges.stage_of_challenge",
        "DELETE FROM stage_response WHERE id = (SELECT min(r.id) FROM stage_response r"
        " JOIN submission s ON s.id = r.submission_id WHERE s.state = 'approved')",
    ),
    plant(
        "challenges.state_follows", one("stage_response", "state = 'open', accepted_at = NULL", "state = 'accepted'")
    ),
    plant("challenges.verdict_waits", one("verdict", "state = 'open'", "state = 'applied'")),
    plant(
        "challenges.verified_by_another",
        one("verdict", "decided_by = (SELECT person_id FROM submission s WHERE s.id = verdict.submission_id)"),
    ),
    plant(
        "consent.current_is_the_last_event", "UPDATE consent_current SET valid_until = valid_until + interval '1 day'"
    ),
    plant("consent.disclosed_while_live", one("disclosure", "at = at - interval '9 years'")),
    plant(
        "consent.ends_after_it_began",
        "INSERT INTO consent_event (person_id, kind, scope, notice_id, channel, actor_id)"
        " SELECT person_id, 'withdrawn', 'reference_call:live:nobody', notice_id, 'portal', person_id"
        " FROM consent_event ORDER BY id LIMIT 1",
    ),
    plant(
        "imports.runs_follow_their_jobs",
        "INSERT INTO import_run (kind, file_name, size, file, headers, sample, reading, columns, state, created_by)"
        " SELECT 'companies', 'planted.csv', 9, gen_random_uuid(), '{name}', '[]', 'comma', '[]', 'checking', min(id)"
        " FROM person",
    ),
    plant(
        "imports.spellings_end",
        "INSERT INTO spelling (vocabulary, written, means, origin)"
        " VALUES ('sector', 'technolgy', 'tecnology', 'joined'), ('sector', 'tecnology', 'technology', 'joined')",
    ),
    plant("messages.times", one("message", "sending_at = created_at - interval '1 day'", "state = 'sent'")),
    plant("people.one_primary", one("person_email", "is_primary = false")),
    plant("points.accounts_fit", award("trial:1", NOBODY)),
    plant("points.balances_are_sums", one("account", "lifetime = lifetime + 1", "kind = 'person'")),
    plant("points.holds_settle_as_held", SETTLE.format(phase="post", amount="h.amount + 1")),
    plant(
        "points.holds_settle_as_held",
        "ALTER TABLE transfer DROP CONSTRAINT uq_transfer_hold_id",
        SETTLE.format(phase="post", amount="h.amount"),
        SETTLE.format(phase="void", amount="h.amount"),
    ),
    plant(
        "points.never_below_zero",
        "ALTER TABLE account DROP CONSTRAINT ck_account_covered",
        one("account", "held = posted + 1", "kind = 'person'"),
    ),
    plant("points.sum_is_zero", one("account", "posted = posted + 5", "kind = 'issuance'")),
    plant("points.periods_are_sums", "UPDATE period_points SET points = points + 1"),
    plant("points.lowest_level_needs_nothing", "DELETE FROM level WHERE threshold = 0"),
    plant(
        "points.proposals_agree",
        "INSERT INTO adjustment_proposal (person_id, points, reason, request_key, state, proposed_by, decided_by,"
        " decided_at) SELECT p.person_id, 900, 'Planted', gen_random_uuid(), 'approved', s[1], s[2], portal_now()"
        " FROM (SELECT min(person_id) AS person_id FROM person_role WHERE role = 'advocate') p,"
        " (SELECT array_agg(person_id ORDER BY person_id) AS s FROM person_role WHERE role <> 'advocate') staff",
    ),
    plant(
        "points.taken_back_whole",
        "INSERT INTO transfer (kind, subject, phase, debit, credit, amount, reverses, lifetime_of, cause, reason)"
        " SELECT 'reversal', subject, 'single', credit, debit, amount - 1, id, credit, cause, 'Planted'"
        " FROM transfer t"
        " WHERE kind = 'award' AND amount > 1 AND NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id)"
        " ORDER BY id LIMIT 1",
    ),
    plant(
        "pool.audiences_are_live_scopes",
        *(one("pool_entry", "audiences = audiences || 'reference_call:live:nobody'::text", key="person_id"),),
    ),
    plant(
        "pool.entry_needs_live_consent",
        "DELETE FROM pool_entry WHERE person_id = (SELECT max(person_id) FROM pool_entry)",
    ),
    plant("pool.entry_says_what_may_be_said", one("pool_entry", "initials = 'X. X.'", key="person_id")),
    plant(
        "pool.last_asked_is_the_last_ask",
        one("pool_entry", "last_asked_at = now() + interval '1 day'", key="person_id"),
    ),
    plant(
        "pool.no_proposal_to_who_is_in",
        "DELETE FROM pool_proposal WHERE state = 'open'",
        "INSERT INTO pool_proposal (person_id, because) SELECT min(person_id), 'submission:1' FROM consent_current"
        " WHERE live",
    ),
    plant("references.acceptances_are_disclosed", "DELETE FROM disclosure WHERE id > (SELECT min(id) FROM disclosure)"),
    plant(
        "references.asks_within_company_limits",
        *(one("ask", "company_allowed = 0", "source = 'portal' AND freed_at IS NULL AND company_id IS NOT NULL"),),
    ),
    plant(
        "references.exceptions_are_used_as_approved",
        "INSERT INTO limit_exception (person_id, activity_type_id, prospect_name, reason, request_key, state, asked_by,"
        " decided_by, created_at, decided_at, expires_at, ask_id) SELECT a.person_id, a.activity_type_id,"
        " 'Nobody Else', 'Planted', gen_random_uuid(), 'approved',"
        " (SELECT min(id) FROM person WHERE id <> a.person_id),"
        " (SELECT max(id) FROM person WHERE id <> a.person_id), a.asked_at - interval '1 day', a.asked_at,"
        " a.asked_at + interval '1 day', a.id FROM ask a WHERE a.source = 'portal' ORDER BY a.id DESC LIMIT 1",
    ),
    plant("references.asks_within_limits", one("ask", "allowed = 0", "source = 'portal' AND freed_at IS NULL")),
    plant(
        "references.calls_follow_assignments",
        "DELETE FROM reference_call WHERE id = (SELECT max(id) FROM reference_call WHERE state = 'held')",
    ),
    plant(
        "references.calls_are_at_times_on_offer",
        one("reference_call", "state = 'scheduled', starts_at = now(), sequence = 1", "state = 'proposed'"),
    ),
    plant("references.picked_times_are_disclosed", one("reference_call", "sequence = 9", "sequence = 0")),
    plant(
        "references.freed_asks_were_taken_back",
        "UPDATE ask SET freed_at = asked_at WHERE id = (SELECT max(a.id) FROM ask a"
        " JOIN assignment s ON s.id = a.assignment_id WHERE s.state <> 'withdrawn' AND a.freed_at IS NULL)",
    ),
    plant(
        "references.asked_for_what_was_agreed",
        "UPDATE assignment SET scope = 'speaking:live:public' WHERE id = (SELECT min(id) FROM assignment"
        " WHERE state NOT IN ('proposed', 'asked', 'accepted') AND scope <> 'speaking:live:public')",
    ),
    plant(
        "references.nobody_is_asked_in_a_pause",
        "INSERT INTO advocate_limits (person_id, paused_at, paused_until)"
        " SELECT person_id, asked_at - interval '1 hour', asked_at + interval '1 day' FROM ask"
        " WHERE source = 'portal' ORDER BY id LIMIT 1 ON CONFLICT (person_id)"
        " DO UPDATE SET paused_at = excluded.paused_at, paused_until = excluded.paused_until",
    ),
    plant("references.held_calls_are_paid", one("assignment", "points = points + 1", "state = 'done'")),
    plant("references.paid_calls_were_held", award(f"call:{NOBODY}", SOMEBODY)),
    plant(
        "references.requests_follow_assignments", one("reference_request", "state = 'withdrawn'", "state = 'waiting'")
    ),
    plant(
        "rewards.history_agrees",
        *("INSERT INTO redemption_event (redemption_id, state) SELECT min(id), 'unknown' FROM redemption",),
    ),
    plant("rewards.hold_agrees", one("redemption", "state = 'dispatching', decided_at = NULL", "state = 'fulfilled'")),
    plant("rewards.hold_is_the_price", one("redemption", "price = price + 1")),
    plant("rewards.refund_agrees", one("redemption", "state = 'refunded', refund_id = hold_id", "state = 'fulfilled'")),
    plant("rewards.codes_are_stock", one("reward", "stock = 7, supplied = 7, fulfilment = 'code'")),
    plant(
        "rewards.codes_are_given_once",
        *("UPDATE redemption SET way = 'code' WHERE id = (SELECT max(id) FROM redemption WHERE state = 'fulfilled')",),
    ),
    plant(
        "rewards.codes_are_shown_to_their_own",
        "INSERT INTO reward_code (reward_id, key_id, sealed, mark, showings_left)"
        " SELECT min(id), 'planted', 'x', 'x', 0 FROM reward",
        "INSERT INTO code_showing (code_id, person_id) SELECT c.id, p.id FROM reward_code c, person p LIMIT 1",
    ),
    plant(
        "rewards.within_limits",
        one("redemption", "per_person = 0", "state NOT IN ('failed', 'cancelled', 'refunded')"),
    ),
    plant("rewards.stock_is_counted", one("reward", "stock = stock - 1", "stock > 0")),
)
