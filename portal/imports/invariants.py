"""What must always be true of imports by screen."""

from __future__ import annotations

from portal.database.invariants import invariant

invariant(
    "imports.runs_follow_their_jobs",
    "An import is at work exactly while a job of it is open, and imported exactly where a job imported it.",
    """
    SELECT 'import run ' || r.id AS what
      FROM import_run r
      LEFT JOIN import_job j ON j.run_id = r.id AND j.ended_at IS NULL
     WHERE CASE r.state WHEN 'checking' THEN 'check' WHEN 'importing' THEN 'import' END IS DISTINCT FROM j.work
    UNION ALL
    SELECT 'import run ' || r.id
      FROM import_run r
     WHERE (r.state = 'imported')
        <> EXISTS (SELECT FROM import_job j WHERE j.run_id = r.id AND j.work = 'import' AND j.outcome = 'done')
    """,
)
