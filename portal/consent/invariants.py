"""What must always be true of consent (trust.md, Consent)."""

from __future__ import annotations

from portal.database.invariants import invariant

invariant(
    "consent.current_is_the_last_event",
    "What is live must follow from the last event of each person and scope.",
    """
    SELECT coalesce(last.person_id, now.person_id) || ' ' || coalesce(last.scope, now.scope) AS what
      FROM (SELECT DISTINCT ON (person_id, scope) * FROM consent_event ORDER BY person_id, scope, id DESC) last
      FULL JOIN consent_current now ON now.person_id = last.person_id AND now.scope = last.scope
     WHERE (now.event_id, now.live, now.valid_until) IS DISTINCT FROM (last.id, last.kind = 'given', last.valid_until)
    """,
)

invariant(
    "consent.ends_after_it_began",
    "Only a consent that was live can be withdrawn or run out.",
    """
    SELECT 'consent_event ' || id AS what
      FROM (SELECT id, kind, lag(kind) OVER (PARTITION BY person_id, scope ORDER BY id) AS before FROM consent_event) e
     WHERE kind <> 'given' AND before IS DISTINCT FROM 'given'
    """,
)

invariant(
    "consent.disclosed_while_live",
    "Contact data may be shown only while the consent it was shown under was live.",
    """
    SELECT 'disclosure ' || d.id AS what
      FROM disclosure d JOIN consent_event e ON e.id = d.consent_event_id
     WHERE d.person_id <> e.person_id OR e.kind <> 'given' OR d.at < e.at OR d.at >= e.valid_until
        OR EXISTS (SELECT 1 FROM consent_event later WHERE later.person_id = e.person_id AND later.scope = e.scope
                      AND later.id > e.id AND later.kind <> 'given' AND later.at < d.at)
    """,
)
