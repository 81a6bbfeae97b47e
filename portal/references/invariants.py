"""What must always be true of requests, asks and calls (trust.md, fatigue and consent)."""

from __future__ import annotations

from portal.database.invariants import invariant

invariant(
    "references.asks_within_limits",
    "Nobody is asked more often than their limit allowed when they were asked, but by an exception for them.",
    """
    SELECT 'ask:' || a.id AS what FROM ask a CROSS JOIN program g
    WHERE a.source = 'portal' AND a.freed_at IS NULL
      AND NOT EXISTS (SELECT FROM limit_exception e WHERE e.ask_id = a.id AND e.person_id = a.person_id)
      AND coalesce(a.allowed, g.person_asks) < (
      SELECT count(*) FROM ask b
      WHERE b.person_id = a.person_id AND b.source = 'portal' AND b.freed_at IS NULL AND b.asked_at <= a.asked_at
        AND b.asked_at > a.asked_at - make_interval(hours => g.person_window_hours))
    """,
)
invariant(
    "references.asks_within_company_limits",
    "No company is asked more often than its limit allowed, but by an exception for it.",
    """
    SELECT 'ask:' || a.id AS what FROM ask a CROSS JOIN program g
    WHERE a.source = 'portal' AND a.freed_at IS NULL
      AND NOT EXISTS (SELECT FROM limit_exception e WHERE e.ask_id = a.id AND e.company_id = a.company_id)
      AND coalesce(a.company_allowed, g.company_asks) < (
      SELECT count(*) FROM ask b
      WHERE b.company_id = a.company_id AND b.source = 'portal' AND b.freed_at IS NULL AND b.asked_at <= a.asked_at
        AND b.asked_at > a.asked_at - make_interval(hours => g.company_window_hours))
    """,
)
invariant(
    "references.exceptions_are_used_as_approved",
    "An exception lets through one ask, in its time: of whom, for what and by whom it was approved.",
    """
    SELECT 'limit_exception:' || e.id AS what FROM limit_exception e
    LEFT JOIN ask a ON a.id = e.ask_id
    LEFT JOIN assignment s ON s.id = a.assignment_id
    LEFT JOIN reference_request r ON r.id = s.request_id
    WHERE e.ask_id IS NOT NULL AND (
      r.id IS NULL OR e.state <> 'approved' OR e.decided_by = e.asked_by
      OR a.asked_at < e.decided_at OR a.asked_at >= e.expires_at
      OR e.person_id <> a.person_id OR (e.company_id IS NOT NULL AND e.company_id IS DISTINCT FROM a.company_id)
      OR (e.asked_by, e.activity_type_id) <> (r.requested_by, r.activity_type_id)
      OR e.opportunity_id IS DISTINCT FROM r.opportunity_id
      OR (e.opportunity_id IS NULL AND lower(e.prospect_name) <> lower(r.prospect_name)))
    """,
)
invariant(
    "references.freed_asks_were_taken_back",
    "Only an ask that was withdrawn before an answer no longer counts.",
    """
    SELECT 'ask:' || a.id AS what FROM ask a LEFT JOIN assignment s ON s.id = a.assignment_id
    WHERE a.freed_at IS NOT NULL AND (s.id IS NULL OR s.state <> 'withdrawn' OR s.answered_at IS NOT NULL)
    """,
)
invariant(
    "references.requests_follow_assignments",
    "A request waits while somebody is asked, is scheduled while somebody has accepted, and is held after a call.",
    """
    SELECT 'reference_request:' || r.id AS what FROM reference_request r
    CROSS JOIN LATERAL (
      SELECT coalesce(bool_or(s.state = 'asked'), false) AS asked,
             coalesce(bool_or(s.state = 'accepted'), false) AS accepted,
             coalesce(bool_or(s.state = 'done'), false) AS done FROM assignment s WHERE s.request_id = r.id) x
    WHERE (r.state = 'waiting' AND (x.accepted OR x.done OR NOT x.asked))
       OR (r.state = 'scheduled' AND (x.done OR NOT x.accepted))
       OR (r.state = 'held' AND NOT x.done)
       OR (r.state = 'closed' AND (x.asked OR x.accepted OR NOT x.done))
       OR (r.state IN ('unfilled', 'withdrawn', 'not_approved') AND (x.asked OR x.accepted OR x.done))
    """,
)
invariant(
    "references.calls_follow_assignments",
    "Who accepted has an open call, whose call was held is done, and nobody else has either.",
    """
    SELECT 'assignment:' || s.id AS what FROM assignment s LEFT JOIN reference_call c ON c.assignment_id = s.id
    WHERE (s.state = 'accepted' AND coalesce(c.state, '') NOT IN ('proposed', 'scheduled'))
       OR (s.state = 'done' AND c.state IS DISTINCT FROM 'held')
       OR (s.state = 'no_show' AND c.state IS DISTINCT FROM 'no_show')
       OR (s.state IN ('proposed', 'asked', 'declined', 'expired') AND c.state IS NOT NULL)
       OR (s.state = 'withdrawn' AND coalesce(c.state, 'cancelled') <> 'cancelled')
    """,
)
invariant(
    "references.asked_for_what_was_agreed",
    "Whoever is asked agreed to the activity that the request names, and to no other.",
    """
    SELECT 'assignment:' || s.id AS what FROM assignment s JOIN reference_request r ON r.id = s.request_id
    JOIN activity_type t ON t.id = r.activity_type_id
    WHERE split_part(s.scope, ':', 1) <> t.key OR NOT EXISTS (
      SELECT 1 FROM consent_event e WHERE e.person_id = s.person_id AND e.scope = s.scope AND e.kind = 'given')
    """,
)
invariant(
    "references.nobody_is_asked_in_a_pause",
    "While somebody is paused nobody asks them.",
    """
    SELECT 'ask:' || a.id AS what FROM ask a JOIN advocate_limits l ON l.person_id = a.person_id
    WHERE a.source = 'portal' AND a.asked_at > l.paused_at AND a.asked_at < l.paused_until
    """,
)
invariant(
    "references.held_calls_are_paid",
    "Every call that took place was paid once, with the points that were promised.",
    """
    SELECT 'call:' || c.id AS what FROM reference_call c JOIN assignment s ON s.id = c.assignment_id
    LEFT JOIN transfer t ON t.kind = 'award' AND t.subject = 'call:' || c.id
    WHERE c.state = 'held' AND s.points > 0 AND t.amount IS DISTINCT FROM s.points
    """,
)
invariant(
    "references.paid_calls_were_held",
    "No points are paid for a call that did not take place.",
    """
    SELECT t.subject AS what FROM transfer t
    WHERE t.kind = 'award' AND t.subject LIKE 'call:%' AND NOT EXISTS (
      SELECT 1 FROM reference_call c WHERE 'call:' || c.id = t.subject AND c.state = 'held')
    """,
)
invariant(
    "references.acceptances_are_disclosed",
    "Whoever accepted has a line in the disclosure log for the rep who asked.",
    """
    SELECT 'assignment:' || s.id AS what FROM assignment s JOIN reference_request r ON r.id = s.request_id
    WHERE s.state IN ('accepted', 'done') AND NOT EXISTS (
      SELECT 1 FROM disclosure d
      WHERE d.person_id = s.person_id AND d.to_person_id = r.requested_by AND d.subject = 'assignment:' || s.id)
    """,
)
invariant(
    "references.calls_are_at_times_on_offer",
    "A call is scheduled at a time that its advocate offers, and open only while they agree.",
    """
    SELECT 'call:' || c.id AS what FROM reference_call c JOIN assignment s ON s.id = c.assignment_id
    WHERE (c.state = 'scheduled' AND NOT EXISTS (
             SELECT FROM call_time t
             WHERE t.call_id = c.id AND t.starts_at = c.starts_at AND t.withdrawn_at IS NULL))
       OR (c.state IN ('proposed', 'scheduled') AND NOT EXISTS (
             SELECT FROM consent_current a WHERE a.person_id = s.person_id AND a.scope = s.scope AND a.live))
    """,
)
invariant(
    "references.picked_times_are_disclosed",
    "Whoever got an invite to a call has a line in the disclosure log for it.",
    """
    SELECT 'call:' || c.id AS what
    FROM reference_call c JOIN assignment s ON s.id = c.assignment_id JOIN reference_request r ON r.id = s.request_id
    WHERE c.sequence > 0 AND NOT EXISTS (
      SELECT 1 FROM disclosure d
      WHERE d.person_id = s.person_id AND d.to_person_id = r.requested_by AND d.subject = 'call:' || c.id)
    """,
)
