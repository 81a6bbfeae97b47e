"""What must always be true of rewards and redemptions (trust.md, Redemption)."""

from __future__ import annotations

from portal.database.invariants import invariant

invariant(
    "rewards.hold_agrees",
    "The hold is posted where the redemption is fulfilled or refunded, voided where it failed or was cancelled, open"
    " elsewhere.",
    """
    SELECT 'redemption ' || r.id AS what
      FROM redemption r LEFT JOIN transfer s ON s.hold_id = r.hold_id
     WHERE s.phase IS DISTINCT FROM CASE
       WHEN r.state IN ('fulfilled', 'refunded') THEN 'post' WHEN r.state IN ('failed', 'cancelled') THEN 'void' END
    """,
)

invariant(
    "rewards.hold_is_the_price",
    "A redemption holds its price from the points of the person who redeemed; no such hold is without its redemption.",
    """
    SELECT 'redemption ' || r.id AS what
      FROM redemption r
      LEFT JOIN transfer h ON h.id = r.hold_id
      LEFT JOIN account a ON a.id = h.debit
     WHERE h.id IS NULL OR h.phase <> 'hold' OR h.amount <> r.price OR h.subject <> 'redemption:' || r.id
        OR a.person_id IS DISTINCT FROM r.person_id
    UNION ALL
    SELECT 'transfer ' || h.id
      FROM transfer h LEFT JOIN redemption r ON r.hold_id = h.id
     WHERE h.phase = 'hold' AND h.subject LIKE 'redemption:%' AND r.id IS NULL
    """,
)

invariant(
    "rewards.refund_agrees",
    "A redemption is refunded exactly where its price went back, once.",
    """
    SELECT coalesce('redemption ' || r.id, 'transfer ' || f.id) AS what
      FROM redemption r
      FULL JOIN (SELECT * FROM transfer WHERE kind = 'refund' AND subject LIKE 'redemption:%') f ON f.id = r.refund_id
     WHERE (r.state = 'refunded' AND (f.id IS NULL OR f.amount <> r.price OR f.subject <> 'redemption:' || r.id))
        OR (f.id IS NOT NULL AND r.state IS DISTINCT FROM 'refunded')
    """,
)

invariant(
    "rewards.stock_is_counted",
    "What is left of a reward is what was put in, without what redemptions have taken and not returned.",
    """
    SELECT 'reward ' || w.id AS what
      FROM reward w
      LEFT JOIN (SELECT reward_id, count(*) AS taken FROM redemption
                  WHERE took_stock AND state NOT IN ('failed', 'cancelled') GROUP BY reward_id) r ON r.reward_id = w.id
     WHERE w.stock < 0 OR w.supplied - w.stock <> coalesce(r.taken, 0)
    """,
)

invariant(
    "rewards.within_limits",
    "Nobody has redeemed a reward more often than it allowed at the time; what was given back does not count.",
    """
    SELECT 'redemption ' || r.id AS what
      FROM redemption r
     WHERE (r.per_person IS NOT NULL OR r.per_year IS NOT NULL) AND r.state NOT IN ('failed', 'cancelled', 'refunded')
       AND EXISTS (
         SELECT FROM (
           SELECT count(*) AS ever,
                  count(*) FILTER (WHERE o.created_at > r.created_at - interval '8760 hours') AS lately
             FROM redemption o
            WHERE o.person_id = r.person_id AND o.reward_id = r.reward_id AND o.id <= r.id
              AND o.state NOT IN ('failed', 'cancelled', 'refunded')) had
          WHERE had.ever > r.per_person OR had.lately > r.per_year)
    """,
)

invariant(
    "rewards.codes_are_stock",
    "The free codes of a reward are what is left of it and what redemptions under way hold back.",
    """
    SELECT 'reward ' || w.id AS what
      FROM reward w
      LEFT JOIN (SELECT reward_id, count(*) FILTER (WHERE redemption_id IS NULL) AS free
                   FROM reward_code GROUP BY reward_id) c ON c.reward_id = w.id
      LEFT JOIN (SELECT reward_id, count(*) AS waiting FROM redemption
                  WHERE way = 'code' AND decided_at IS NULL GROUP BY reward_id) r ON r.reward_id = w.id
     WHERE CASE WHEN w.fulfilment = 'code' THEN coalesce(c.free, 0) <> w.stock + coalesce(r.waiting, 0)
                ELSE c.free IS NOT NULL END
    """,
)

invariant(
    "rewards.codes_are_given_once",
    "A delivered redemption of a code has one, of its own reward; no other redemption has.",
    """
    SELECT 'redemption ' || coalesce(r.id, c.redemption_id) AS what
      FROM (SELECT id, reward_id FROM redemption WHERE way = 'code' AND state IN ('fulfilled', 'refunded')) r
      FULL JOIN (SELECT redemption_id, reward_id FROM reward_code WHERE redemption_id IS NOT NULL) c
        ON c.redemption_id = r.id AND c.reward_id = r.reward_id
     WHERE r.id IS NULL OR c.redemption_id IS NULL
    """,
)

invariant(
    "rewards.codes_are_shown_to_their_own",
    "A code was shown to whom it was given to, and to nobody else.",
    """
    SELECT 'code_showing ' || s.id AS what
      FROM code_showing s
      JOIN reward_code c ON c.id = s.code_id
      LEFT JOIN redemption r ON r.id = c.redemption_id
     WHERE r.person_id IS DISTINCT FROM s.person_id
    """,
)

invariant(
    "rewards.history_agrees",
    "The last step in a redemption's history is its state.",
    """
    SELECT 'redemption ' || r.id AS what
      FROM redemption r
     WHERE r.state IS DISTINCT FROM (
       SELECT e.state FROM redemption_event e WHERE e.redemption_id = r.id ORDER BY e.id DESC LIMIT 1)
    """,
)
