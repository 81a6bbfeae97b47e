"""What one person may redeem in a day, where the program wants a limit (points of the prices, any 24 hours)."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

PROGRAM = """
ALTER TABLE program ADD redemption_limit bigint CONSTRAINT ck_program_redemption_limit CHECK (redemption_limit > 0)
"""

# Counted under the person's lock, which every verb on redemptions holds already; what was given back does not count.
COUNTED = """
CREATE FUNCTION portal_redemption_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT redemption_limit FROM program) IS NULL THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM person WHERE id = NEW.person_id FOR NO KEY UPDATE;
  IF NEW.price + (
      SELECT coalesce(sum(r.price), 0) FROM redemption r
       WHERE r.person_id = NEW.person_id AND r.state NOT IN ('failed', 'cancelled', 'refunded')
         AND r.created_at > portal_now() - interval '24 hours') > (SELECT redemption_limit FROM program) THEN
    RAISE EXCEPTION 'nobody may redeem more than a day allows'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'redemption_daily_limit', TABLE = 'redemption';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER redemption_counted BEFORE INSERT ON redemption FOR EACH ROW EXECUTE FUNCTION portal_redemption_counted();
"""


def upgrade() -> None:
    for part in (PROGRAM, COUNTED):
        op.get_bind().exec_driver_sql(part)


def downgrade() -> None:
    op.execute("DROP TRIGGER redemption_counted ON redemption")
    op.execute("DROP FUNCTION portal_redemption_counted()")
    op.execute("ALTER TABLE program DROP COLUMN redemption_limit")
