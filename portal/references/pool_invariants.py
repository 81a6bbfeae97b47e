"""What must always be true of the pool (trust.md, Consent): its rows are those, and as, the view `pool_due` says."""

from __future__ import annotations

from portal.database.invariants import invariant

invariant(
    "pool.entry_needs_live_consent",
    "Everybody in the pool agreed to it and is an active advocate, and everybody who does is in the pool.",
    """
    SELECT 'person ' || coalesce(e.person_id, d.person_id) AS what
      FROM pool_entry e FULL JOIN pool_due d ON d.person_id = e.person_id
     WHERE e.person_id IS NULL OR d.person_id IS NULL
    """,
)

invariant(
    "pool.audiences_are_live_scopes",
    "A pool entry lists exactly the live scopes of its person, and stands on one of them.",
    """
    SELECT 'person ' || e.person_id AS what FROM pool_entry e
     WHERE NOT e.anchor_scope = ANY (e.audiences) OR e.audiences IS DISTINCT FROM (
       SELECT array_agg(c.scope ORDER BY c.scope) FROM consent_current c
        WHERE c.person_id = e.person_id AND c.live
          AND EXISTS (SELECT 1 FROM activity_type t WHERE t.key = split_part(c.scope, ':', 1)))
    """,
)

invariant(
    "pool.entry_says_what_may_be_said",
    "A pool entry says what profile, person and company say, and the company's name only where it may be shown.",
    """
    SELECT 'person ' || e.person_id AS what FROM pool_entry e JOIN pool_due d ON d.person_id = e.person_id
     WHERE (e.company_id, e.initials, e.title, e.company_name, e.industry, e.country, e.size_band, e.headline, e.about,
            e.products, e.topics, e.languages, e.valid_until, e.completeness, e.search, e.paused_until)
        IS DISTINCT FROM
           (d.company_id, d.initials, d.title, d.company_name, d.industry, d.country, d.size_band, d.headline, d.about,
            d.products, d.topics, d.languages, d.valid_until, d.completeness, d.search, d.paused_until)
    """,
)

invariant(
    "pool.last_asked_is_the_last_ask",
    "The pool knows when each person was last asked, else the turn among equals is wrong.",
    """
    SELECT 'person ' || e.person_id AS what FROM pool_entry e
      LEFT JOIN (SELECT person_id, max(asked_at) AS asked_at FROM ask WHERE freed_at IS NULL GROUP BY person_id) a
        ON a.person_id = e.person_id
     WHERE e.last_asked_at IS DISTINCT FROM a.asked_at
    """,
)

invariant(
    "pool.no_proposal_to_who_is_in",
    "Nobody who agreed has an open proposal to agree.",
    """
    SELECT 'pool_proposal ' || p.id AS what FROM pool_proposal p
     WHERE p.state = 'open' AND EXISTS (SELECT 1 FROM consent_current c WHERE c.person_id = p.person_id AND c.live)
    """,
)
