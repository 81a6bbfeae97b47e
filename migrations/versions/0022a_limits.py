"""The advocate's own limits: days between two asks, a pause that hides them, and one reminder before consent ends."""

from alembic import op

revision = "0022a"
down_revision = "0022"
branch_labels = None
depends_on = None

LIMITS = """
UPDATE advocate_limits SET paused_until = NULL WHERE paused_until <= portal_now();
ALTER TABLE advocate_limits
  ADD gap_days smallint CONSTRAINT ck_advocate_limits_gap_days CHECK (gap_days BETWEEN 1 AND 180),
  ADD paused_at timestamptz;
UPDATE advocate_limits SET paused_at = portal_now(),
    paused_until = least(paused_until, portal_now() + interval '8784 hours')
 WHERE paused_until IS NOT NULL;
ALTER TABLE advocate_limits ADD CONSTRAINT ck_advocate_limits_pause CHECK (
  (paused_at IS NULL) = (paused_until IS NULL)
  AND paused_until > paused_at AND paused_until <= paused_at + interval '8784 hours');
"""

# The stricter of the two counts: whatever an advocate wants, nobody is asked sooner than the program allows.
LOAD = """
CREATE OR REPLACE FUNCTION portal_load(
  wanted bigint, besides bigint DEFAULT NULL,
  OUT allowed integer, OUT asks integer, OUT last_asked_at timestamptz, OUT open_asks integer, OUT allowed_open integer,
  OUT away boolean, OUT paused_until timestamptz, OUT gap_until timestamptz, OUT window_until timestamptz,
  OUT company_allowed integer, OUT company_asks integer, OUT company_until timestamptz
) LANGUAGE sql STABLE AS $$
  SELECT k.allowed, w.asks::integer, m.last_asked_at, o.open_asks::integer, g.person_open_asks,
         p.advocate_status IS DISTINCT FROM 'active' OR p.suspended_at IS NOT NULL,
         CASE WHEN l.paused_until > portal_now() THEN l.paused_until END,
         CASE WHEN m.last_asked_at + k.gap > portal_now() THEN m.last_asked_at + k.gap END,
         n.asked_at + k.span, g.company_asks, c.asks::integer, d.asked_at + k.company_span
  FROM person p
  CROSS JOIN program g
  LEFT JOIN advocate_limits l ON l.person_id = p.id
  CROSS JOIN LATERAL (
    SELECT least(g.person_asks, coalesce(l.asks_per_window, g.person_asks)) AS allowed,
           make_interval(hours => {gap}) AS gap,
           make_interval(hours => g.person_window_hours) AS span,
           make_interval(hours => g.company_window_hours) AS company_span) k
  CROSS JOIN LATERAL (
    SELECT count(*) AS asks FROM ask a
    WHERE a.person_id = p.id AND a.freed_at IS NULL AND a.asked_at > portal_now() - k.span) w
  CROSS JOIN LATERAL (
    SELECT max(a.asked_at) AS last_asked_at FROM ask a WHERE a.person_id = p.id AND a.freed_at IS NULL) m
  CROSS JOIN LATERAL (
    SELECT count(*) AS open_asks FROM assignment s
    WHERE s.person_id = p.id AND s.state = 'asked' AND s.id IS DISTINCT FROM besides) o
  LEFT JOIN LATERAL (
    SELECT a.asked_at FROM ask a
    WHERE a.person_id = p.id AND a.freed_at IS NULL AND a.asked_at > portal_now() - k.span
    ORDER BY a.asked_at DESC OFFSET greatest(k.allowed, 1) - 1 LIMIT 1) n ON true
  CROSS JOIN LATERAL (
    SELECT count(*) AS asks FROM ask a
    WHERE a.company_id = p.company_id AND a.freed_at IS NULL AND a.asked_at > portal_now() - k.company_span) c
  LEFT JOIN LATERAL (
    SELECT a.asked_at FROM ask a
    WHERE a.company_id = p.company_id AND a.freed_at IS NULL AND a.asked_at > portal_now() - k.company_span
    ORDER BY a.asked_at DESC OFFSET g.company_asks - 1 LIMIT 1) d ON true
  WHERE p.id = wanted
$$
"""
THE_PROGRAMS = "g.person_gap_hours"
THE_STRICTER = "greatest(g.person_gap_hours, 24 * coalesce(l.gap_days, 0))"

DUE = """
CREATE OR REPLACE VIEW pool_due AS
SELECT p.id AS person_id, p.company_id, portal_initials(p.name) AS initials, told.title,
       CASE WHEN r.company_name_shown THEN c.name END AS company_name,
       c.industry, c.country, portal_size_band(c.employees) AS size_band, told.headline, told.about,
       coalesce(r.products, '{{}}') AS products, told.topics,
       coalesce(r.languages, '{{}}') AS languages, given.audiences, given.valid_until,
       (100 * ((told.title IS NOT NULL)::int + (c.industry IS NOT NULL)::int + (c.country IS NOT NULL)::int
             + (c.employees IS NOT NULL)::int + (coalesce(cardinality(r.products), 0) > 0)::int
             + (cardinality(told.topics) > 0)::int + (coalesce(cardinality(r.languages), 0) > 0)::int
             + (told.headline IS NOT NULL)::int + (told.about IS NOT NULL)::int) / 9)::smallint AS completeness,
       setweight(to_tsvector('english', portal_plain(concat_ws(' ', c.industry, c.country,
           array_to_string(r.products, ' '), array_to_string(told.topics, ' ')))), 'A')
         || setweight(to_tsvector('english', portal_plain(concat_ws(' ', told.title, told.headline,
           CASE WHEN r.company_name_shown THEN c.name END))), 'B')
         || setweight(to_tsvector('english', portal_plain(concat_ws(' ', told.about,
           array_to_string(r.languages, ' ')))), 'C') AS search{paused}
  FROM person p
  CROSS JOIN LATERAL (SELECT array_agg(now.scope ORDER BY now.scope) AS audiences, min(now.valid_until) AS valid_until
                        FROM consent_current now
                       WHERE now.person_id = p.id AND now.live AND EXISTS (
                         SELECT 1 FROM activity_type t WHERE t.key = split_part(now.scope, ':', 1))) given
  LEFT JOIN company c ON c.id = p.company_id
  LEFT JOIN reference_profile r ON r.person_id = p.id
  {limits}
  CROSS JOIN LATERAL (SELECT CASE WHEN r.company_name_shown THEN NULL ELSE c.name END AS company) hidden
  CROSS JOIN LATERAL (
    SELECT portal_untold(p.title, p.name, hidden.company) AS title,
           portal_untold(r.headline, p.name, hidden.company) AS headline,
           portal_untold(r.about, p.name, hidden.company) AS about,
           ARRAY(SELECT topic FROM unnest(r.topics) WITH ORDINALITY given (topic, nth)
                  WHERE portal_untold(topic, p.name, hidden.company) IS NOT NULL ORDER BY nth) AS topics OFFSET 0) told
 WHERE p.advocate_status = 'active' AND p.suspended_at IS NULL AND given.audiences IS NOT NULL
   AND EXISTS (SELECT 1 FROM person_role held WHERE held.person_id = p.id AND held.role = 'advocate');
"""
UNPAUSED = {"paused": "", "limits": ""}
PAUSED = {
    "paused": ", own.paused_until",
    "limits": "LEFT JOIN advocate_limits own ON own.person_id = p.id",
}

REFRESH = """
CREATE OR REPLACE FUNCTION refresh_pool(people bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM pool_entry e WHERE e.person_id = ANY (people)
     AND NOT EXISTS (SELECT 1 FROM pool_due d WHERE d.person_id = e.person_id);
  UPDATE pool_entry e SET
      company_id = d.company_id, initials = d.initials, title = d.title, company_name = d.company_name,
      industry = d.industry, country = d.country, size_band = d.size_band, headline = d.headline, about = d.about,
      products = d.products, topics = d.topics, languages = d.languages, audiences = d.audiences,
      anchor_scope = d.audiences[1], valid_until = d.valid_until, completeness = d.completeness, search = d.search{set}
    FROM pool_due d WHERE d.person_id = ANY (people) AND e.person_id = d.person_id
     AND (e.company_id, e.initials, e.title, e.company_name, e.industry, e.country, e.size_band, e.headline, e.about,
          e.products, e.topics, e.languages, e.audiences, e.valid_until, e.completeness, e.search{of_entry})
         IS DISTINCT FROM
         (d.company_id, d.initials, d.title, d.company_name, d.industry, d.country, d.size_band, d.headline, d.about,
          d.products, d.topics, d.languages, d.audiences, d.valid_until, d.completeness, d.search{of_due});
  INSERT INTO pool_entry (person_id, company_id, initials, title, company_name, industry, country, size_band,
      headline, about, products, topics, languages, audiences, anchor_scope, valid_until, completeness, search,
      last_asked_at, next_askable_at{column})
  SELECT d.person_id, d.company_id, d.initials, d.title, d.company_name, d.industry, d.country, d.size_band,
      d.headline, d.about, d.products, d.topics, d.languages, d.audiences, d.audiences[1], d.valid_until,
      d.completeness, d.search, asked.last_asked_at, asked.next_askable_at{of_due}
    FROM pool_due d
    LEFT JOIN LATERAL (
      SELECT l.last_asked_at, greatest(l.paused_until, l.gap_until, l.window_until) AS next_askable_at
        FROM portal_load(d.person_id) l
       WHERE EXISTS (SELECT 1 FROM ask a WHERE a.person_id = d.person_id)
          OR EXISTS (SELECT 1 FROM advocate_limits own WHERE own.person_id = d.person_id)) asked ON true
   WHERE d.person_id = ANY (people) AND NOT EXISTS (SELECT 1 FROM pool_entry e WHERE e.person_id = d.person_id)
   ORDER BY d.person_id
  ON CONFLICT (person_id) DO NOTHING;
END $$;
"""
AS_BEFORE = {"set": "", "of_entry": "", "of_due": "", "column": ""}
WITH_PAUSE = {
    "set": ", paused_until = d.paused_until",
    "of_entry": ", e.paused_until",
    "of_due": ", d.paused_until",
    "column": ", paused_until",
}

ORDER = """
DROP INDEX ix_pool_entry_order;
CREATE INDEX ix_pool_entry_order ON pool_entry (completeness DESC, last_asked_at NULLS FIRST, public_id)
  INCLUDE (industry, country, size_band, products, valid_until{more});
"""

# Once for each consent that was given, whatever becomes of the mail.
REMINDER = """
CREATE TABLE consent_reminder (
  event_id bigint NOT NULL CONSTRAINT pk_consent_reminder PRIMARY KEY,
  person_id bigint NOT NULL,
  consent_kind text NOT NULL GENERATED ALWAYS AS ('given') STORED,
  at timestamptz NOT NULL DEFAULT portal_now(),
  CONSTRAINT fk_consent_reminder_event FOREIGN KEY (event_id, person_id, consent_kind)
    REFERENCES consent_event (id, person_id, kind)
);
CREATE TRIGGER consent_reminder_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_reminder
  FOR EACH STATEMENT EXECUTE FUNCTION portal_append_only();
"""


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(LIMITS)
    connection.exec_driver_sql("ALTER TABLE pool_entry ADD paused_until timestamptz")
    for part in (
        LOAD.format(gap=THE_STRICTER),
        DUE.format(**PAUSED),
        REFRESH.format(**WITH_PAUSE),
        ORDER.format(more=", paused_until, activities"),
        REMINDER,
    ):
        connection.exec_driver_sql(part)
    op.execute("SELECT refresh_pool(array_agg(person_id ORDER BY person_id)) FROM advocate_limits")
    for event, which in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        connection.exec_driver_sql(
            f"CREATE TRIGGER advocate_limits_moves_pool_on_{event.lower()} AFTER {event} ON advocate_limits"
            f" REFERENCING {which} TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION pool_follows_rows()"
        )


def downgrade() -> None:
    connection = op.get_bind()
    op.execute("DROP TABLE consent_reminder")
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER advocate_limits_moves_pool_on_{event} ON advocate_limits")
    connection.exec_driver_sql("DROP VIEW pool_due")
    for part in (
        LOAD.format(gap=THE_PROGRAMS),
        DUE.format(**UNPAUSED),
        REFRESH.format(**AS_BEFORE),
        ORDER.format(more=""),
    ):
        connection.exec_driver_sql(part)
    op.execute("ALTER TABLE pool_entry DROP COLUMN paused_until")
    op.execute("ALTER TABLE advocate_limits DROP CONSTRAINT ck_advocate_limits_pause")
    op.execute("ALTER TABLE advocate_limits DROP COLUMN paused_at, DROP COLUMN gap_days")
