"""Boards: points of each quarter, counted with the ledger, and who does not want to be listed."""

from alembic import op

revision = "0013a"
down_revision = "0015"
branch_labels = None
depends_on = None

BOARDS = """
CREATE FUNCTION portal_quarter(timestamptz) RETURNS date LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT date_trunc('quarter', $1 AT TIME ZONE 'UTC')::date
$$;
CREATE TABLE period_points (
  period date NOT NULL,
  person_id bigint NOT NULL CONSTRAINT fk_period_points_person_id_person REFERENCES person (id),
  points bigint NOT NULL CONSTRAINT ck_period_points_points CHECK (points >= 0),
  CONSTRAINT pk_period_points PRIMARY KEY (period, person_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
CREATE INDEX ix_period_points_period_points_person_id ON period_points (period, points DESC, person_id);
CREATE INDEX ix_account_lifetime_person_id ON account (lifetime DESC, person_id)
  WHERE kind = 'person' AND unit = 'points';
CREATE TABLE board_absence (
  person_id bigint CONSTRAINT pk_board_absence PRIMARY KEY
    CONSTRAINT fk_board_absence_person_id_person REFERENCES person (id),
  since timestamptz NOT NULL DEFAULT portal_now()
);
"""

# What is taken back of an award is taken from the quarter that it was paid in.
COUNTS = """
CREATE FUNCTION portal_transfer_periods() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO period_points AS kept (period, person_id, points)
  SELECT portal_quarter(noted.created_at), account.person_id, sum(noted.amount)
    FROM noted JOIN account ON account.id = noted.lifetime_of
   WHERE noted.kind = 'award' GROUP BY 1, 2 ORDER BY 1, 2
      ON CONFLICT (period, person_id) DO UPDATE SET points = kept.points + excluded.points;

  IF EXISTS (SELECT FROM noted WHERE kind IN ('reversal', 'clawback')) THEN
    UPDATE period_points
       SET points = period_points.points - taken.points
      FROM (
        SELECT portal_quarter(award.created_at) AS period, account.person_id, sum(noted.amount) AS points
          FROM noted
          JOIN account ON account.id = noted.lifetime_of
          JOIN transfer award ON award.kind = 'award' AND award.subject = noted.subject
         WHERE noted.kind IN ('reversal', 'clawback') GROUP BY 1, 2
      ) taken
     WHERE (period_points.period, period_points.person_id) = (taken.period, taken.person_id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER transfer_periods AFTER INSERT ON transfer REFERENCING NEW TABLE AS noted
  FOR EACH STATEMENT EXECUTE FUNCTION portal_transfer_periods();
"""

EARNED_BEFORE = """
INSERT INTO period_points (period, person_id, points)
  SELECT portal_quarter(award.created_at), account.person_id,
         sum(CASE t.kind WHEN 'award' THEN t.amount ELSE -t.amount END)
    FROM transfer t
    JOIN account ON account.id = t.lifetime_of
    JOIN transfer award ON award.kind = 'award' AND award.subject = t.subject
   GROUP BY 1, 2
"""

GUARD = """
CREATE TRIGGER period_points_guard BEFORE INSERT OR UPDATE OR DELETE ON period_points
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION portal_account_guard();
CREATE TRIGGER period_points_stay BEFORE TRUNCATE ON period_points
  FOR EACH STATEMENT EXECUTE FUNCTION portal_account_guard();
"""


def upgrade() -> None:
    for part in (BOARDS, EARNED_BEFORE, COUNTS, GUARD):
        op.get_bind().exec_driver_sql(part)


def downgrade() -> None:
    op.execute("DROP TRIGGER transfer_periods ON transfer")
    op.execute("DROP FUNCTION portal_transfer_periods()")
    op.execute("DROP INDEX ix_account_lifetime_person_id")
    op.execute("DROP TABLE board_absence, period_points")
    op.execute("DROP FUNCTION portal_quarter(timestamptz)")
