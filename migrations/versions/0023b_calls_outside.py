"""A call that was arranged outside is noted once for a day, with whether its advocate agreed to such calls then."""

from alembic import op

revision = "0023b"
down_revision = "0017"
branch_labels = None
depends_on = None

ASK = """
ALTER TABLE ask ADD agreed boolean CONSTRAINT ck_ask_agreed CHECK (agreed IS NULL OR source = 'outside');
CREATE UNIQUE INDEX uq_ask_outside ON ask (person_id, activity_type_id, ((asked_at AT TIME ZONE 'UTC')::date))
  WHERE source = 'outside';
"""

COUNTED = """
CREATE OR REPLACE FUNCTION portal_ask_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  l record;
  broken text;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'asks are counted in READ COMMITTED only' USING ERRCODE = 'feature_not_supported';
  END IF;
  PERFORM 1 FROM person WHERE id = NEW.person_id FOR NO KEY UPDATE;
  NEW.company_id := (SELECT company_id FROM person WHERE id = NEW.person_id);
  PERFORM 1 FROM company WHERE id = NEW.company_id FOR NO KEY UPDATE;
  NEW.weight := (SELECT load_weight FROM activity_type WHERE id = NEW.activity_type_id);
  NEW.freed_at := NULL;
  IF NEW.source = 'outside' THEN
    IF NEW.asked_at > portal_now() THEN
      RAISE EXCEPTION 'an ask cannot be noted before it was made'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ask_in_the_future', TABLE = 'ask';
    END IF;
    {noted}RETURN NEW;
  END IF;
  NEW.asked_at := portal_now();
  SELECT * INTO l FROM portal_load(NEW.person_id, NEW.assignment_id);
  NEW.allowed := l.allowed;
  NEW.company_allowed := l.company_allowed;
  broken := CASE
    WHEN l.asks IS NULL OR l.allowed IS NULL OR l.open_asks IS NULL OR l.company_asks IS NULL OR l.away IS NULL
      THEN 'fatigue_unknown'
    WHEN l.away OR l.paused_until IS NOT NULL THEN 'fatigue_person_paused'
    WHEN l.open_asks >= l.allowed_open THEN 'fatigue_person_open'
    WHEN l.asks >= l.allowed THEN 'fatigue_person_window'
    WHEN l.gap_until IS NOT NULL THEN 'fatigue_person_gap'
    WHEN NEW.company_id IS NOT NULL AND l.company_asks >= l.company_allowed THEN 'fatigue_company_window'
  END;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'the limits of person % forbid this ask', NEW.person_id
      USING ERRCODE = 'check_violation', CONSTRAINT = broken, TABLE = 'ask';
  END IF;
  RETURN NEW;
END $$;
"""
NOTED = """NEW.agreed := EXISTS (
      SELECT FROM consent_current c JOIN activity_type t ON t.id = NEW.activity_type_id
       WHERE c.person_id = NEW.person_id AND c.live AND c.valid_until > portal_now()
         AND split_part(c.scope, ':', 1) = t.key);
    """


def upgrade() -> None:
    for part in (ASK, COUNTED.format(noted=NOTED)):
        op.execute(part)


def downgrade() -> None:
    op.execute(COUNTED.format(noted=""))
    op.execute("DROP INDEX uq_ask_outside")
    op.execute("ALTER TABLE ask DROP COLUMN agreed")
