"""Rewards with a limit for each person, in all or in a year, and from a level on."""

from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None

REWARD = """
ALTER TABLE reward
  ADD per_person smallint,
  ADD per_year smallint,
  ADD level_id bigint CONSTRAINT fk_reward_level_id_level REFERENCES level (id),
  ADD CONSTRAINT ck_reward_limits CHECK (
    per_person BETWEEN 1 AND 100 AND per_year BETWEEN 1 AND 100 AND per_year <= per_person)
"""

REDEMPTION = """
ALTER TABLE redemption ADD per_person smallint, ADD per_year smallint
"""

# The limits come from the reward, whatever was sent. Counted under the person's lock, which every verb on redemptions
# holds already; what was given back does not count.
ALLOWED = """
CREATE FUNCTION portal_redemption_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  needed bigint;
BEGIN
  SELECT w.per_person, w.per_year, l.threshold INTO NEW.per_person, NEW.per_year, needed
    FROM reward w LEFT JOIN level l ON l.id = w.level_id WHERE w.id = NEW.reward_id;
  IF coalesce(NEW.per_person, NEW.per_year, needed) IS NULL THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM person WHERE id = NEW.person_id FOR NO KEY UPDATE;
  IF needed > coalesce((SELECT max(a.lifetime) FROM account a
      WHERE a.person_id = NEW.person_id AND a.kind = 'person' AND a.unit = 'points'), 0) THEN
    RAISE EXCEPTION 'a reward is for the people of its level'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'redemption_level', TABLE = 'redemption';
  END IF;
  IF EXISTS (
      SELECT FROM (
        SELECT count(*) AS ever, count(*) FILTER (WHERE r.created_at > NEW.created_at - interval '8760 hours') AS lately
          FROM redemption r WHERE r.person_id = NEW.person_id AND r.reward_id = NEW.reward_id
           AND r.state NOT IN ('failed', 'cancelled', 'refunded')) had
       WHERE had.ever >= NEW.per_person OR had.lately >= NEW.per_year) THEN
    RAISE EXCEPTION 'nobody may redeem a reward more often than it allows'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'redemption_per_person', TABLE = 'redemption';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER redemption_allowed BEFORE INSERT ON redemption FOR EACH ROW EXECUTE FUNCTION portal_redemption_allowed();
CREATE TRIGGER redemption_limits_frozen BEFORE UPDATE ON redemption
  FOR EACH ROW WHEN ((OLD.per_person, OLD.per_year) IS DISTINCT FROM (NEW.per_person, NEW.per_year))
  EXECUTE FUNCTION portal_redemption_frozen();
"""


def upgrade() -> None:
    for part in (REWARD, REDEMPTION, ALLOWED):
        op.get_bind().exec_driver_sql(part)


def downgrade() -> None:
    op.execute("DROP TRIGGER redemption_limits_frozen ON redemption")
    op.execute("DROP TRIGGER redemption_allowed ON redemption")
    op.execute("DROP FUNCTION portal_redemption_allowed()")
    op.execute("ALTER TABLE redemption DROP COLUMN per_year, DROP COLUMN per_person")
    op.execute(
        "ALTER TABLE reward DROP CONSTRAINT ck_reward_limits, DROP COLUMN level_id, DROP COLUMN per_year,"
        " DROP COLUMN per_person"
    )
