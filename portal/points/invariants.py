"""What must always be true of the ledger (trust.md L1 to L8)."""

from __future__ import annotations

from portal.database.invariants import invariant

invariant(
    "points.sum_is_zero",
    "The points of all accounts of a unit add up to nothing (L1).",
    "SELECT unit || ': ' || sum(posted) AS what FROM account GROUP BY unit HAVING sum(posted) <> 0",
)

invariant(
    "points.never_below_zero",
    "Nobody has spent or held more points than they have (L2).",
    "SELECT 'account ' || id AS what FROM account WHERE held < 0"
    " OR (posted - held < 0 AND kind NOT IN ('issuance', 'adjustment', 'clawback'))"
    " OR (kind = 'clawback' AND posted > 0)",
)

invariant(
    "points.balances_are_sums",
    "Posted, held and lifetime points of every account are the sums of its transfers (L7).",
    """
    SELECT 'account ' || coalesce(account.id, moved.id) AS what
      FROM account FULL JOIN (
        SELECT side.id, sum(side.posted) AS posted, sum(side.held) AS held, sum(side.lifetime) AS lifetime
          FROM transfer t, LATERAL (VALUES
            (t.debit, CASE WHEN t.phase IN ('single', 'post') THEN -t.amount ELSE 0 END,
             CASE t.phase WHEN 'hold' THEN t.amount WHEN 'single' THEN 0 ELSE -t.amount END, 0),
            (t.credit, CASE WHEN t.phase IN ('single', 'post') THEN t.amount ELSE 0 END, 0, 0),
            (t.lifetime_of, 0, 0, CASE t.kind WHEN 'award' THEN t.amount ELSE -t.amount END)
          ) side (id, posted, held, lifetime)
         WHERE side.id IS NOT NULL GROUP BY side.id
      ) moved ON moved.id = account.id
     WHERE account.id IS NULL
        OR (account.posted, account.held, account.lifetime)
           <> (coalesce(moved.posted, 0), coalesce(moved.held, 0), coalesce(moved.lifetime, 0))
    """,
)

invariant(
    "points.accounts_fit",
    "Every transfer runs between the accounts that its kind is about, in one unit and of one person.",
    """
    SELECT 'transfer ' || t.id AS what
      FROM transfer t
      LEFT JOIN account d ON d.id = t.debit
      LEFT JOIN account c ON c.id = t.credit
      LEFT JOIN account l ON l.id = t.lifetime_of
     WHERE d.id IS NULL OR c.id IS NULL OR d.unit <> c.unit
        OR (t.lifetime_of IS NOT NULL AND (l.id IS NULL OR l.kind <> 'person'
            OR l.person_id IS DISTINCT FROM coalesce(d.person_id, c.person_id)))
        OR d.person_id <> c.person_id
        OR (t.kind, d.kind, c.kind) NOT IN (
          ('award', 'issuance', 'person'), ('redemption', 'person', 'redeemed'), ('refund', 'redeemed', 'person'),
          ('adjustment', 'adjustment', 'person'), ('adjustment', 'person', 'adjustment'),
          ('reversal', 'person', 'issuance'), ('clawback', 'clawback', 'issuance'), ('recovery', 'person', 'clawback'))
    """,
)

invariant(
    "points.holds_settle_as_held",
    "A hold is posted or voided at most once, between the same accounts and for the same amount (L5).",
    """
    SELECT 'transfer ' || s.id AS what
      FROM transfer s LEFT JOIN transfer h ON h.id = s.hold_id
     WHERE s.phase IN ('post', 'void')
       AND (h.id IS NULL OR h.phase <> 'hold' OR (h.debit, h.credit, h.amount) <> (s.debit, s.credit, s.amount))
    UNION ALL
    SELECT 'transfer ' || hold_id FROM transfer WHERE hold_id IS NOT NULL GROUP BY hold_id HAVING count(*) > 1
    """,
)

invariant(
    "points.taken_back_whole",
    "What is taken back of an award, at once and as a debt, is the award, between the same accounts (L6).",
    """
    SELECT 'award ' || back.subject AS what
      FROM (SELECT subject, sum(amount) AS amount, count(reverses) AS named, min(reverses) AS reverses
              FROM transfer WHERE kind IN ('reversal', 'clawback') GROUP BY subject) back
      LEFT JOIN transfer award ON award.kind = 'award' AND award.subject = back.subject
     WHERE award.id IS NULL OR back.named <> 1 OR back.reverses <> award.id OR back.amount <> award.amount
    UNION ALL
    SELECT 'transfer ' || t.id
      FROM transfer t LEFT JOIN transfer first ON first.id = t.reverses
     WHERE t.kind IN ('reversal', 'refund')
       AND (first.id IS NULL OR (first.debit, first.credit) <> (t.credit, t.debit) OR t.amount > first.amount
            OR first.phase <> CASE t.kind WHEN 'refund' THEN 'post' ELSE 'single' END)
    """,
)

invariant(
    "points.periods_are_sums",
    "What counts for a quarter's board is what was awarded in it, net of what was taken back of that (L7).",
    """
    SELECT 'person ' || coalesce(kept.person_id, earned.person_id) AS what
      FROM period_points kept FULL JOIN (
        SELECT portal_quarter(award.created_at) AS period, account.person_id,
               sum(CASE t.kind WHEN 'award' THEN t.amount ELSE -t.amount END) AS points
          FROM transfer t
          JOIN account ON account.id = t.lifetime_of
          JOIN transfer award ON award.kind = 'award' AND award.subject = t.subject
         GROUP BY 1, 2
      ) earned ON (earned.period, earned.person_id) = (kept.period, kept.person_id)
     WHERE kept.points IS DISTINCT FROM earned.points
    """,
)
