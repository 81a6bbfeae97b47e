"""Rewards that a manager approves before anything is sent; points and stock are held until then."""

from alembic import op

revision = "0021a"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE reward ADD needs_approval boolean NOT NULL DEFAULT false;
ALTER TABLE redemption
  ADD needs_approval boolean NOT NULL DEFAULT false,
  ADD approved_by bigint CONSTRAINT fk_redemption_approved_by_person REFERENCES person (id),
  ADD approved_at timestamptz;
ALTER TABLE redemption
  ADD declined boolean NOT NULL GENERATED ALWAYS AS (
    needs_approval AND state = 'cancelled' AND decided_by IS DISTINCT FROM person_id) STORED,
  ADD CONSTRAINT ck_redemption_approved CHECK (
    (approved_by IS NULL) = (approved_at IS NULL) AND (needs_approval OR approved_at IS NULL)
    AND (state <> 'awaiting_approval' OR needs_approval)
    AND (NOT needs_approval OR (approved_at IS NULL) = (state IN ('held', 'awaiting_approval', 'cancelled')))),
  ADD CONSTRAINT ck_redemption_approved_by_another CHECK (approved_by <> person_id),
  ADD CONSTRAINT ck_redemption_declined CHECK (NOT declined OR note IS NOT NULL);
"""

# Whether it is asked for comes from the reward, whatever was sent, and stays; so does who has agreed.
AS_OFFERED = """
CREATE FUNCTION portal_redemption_as_offered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT w.needs_approval INTO NEW.needs_approval FROM reward w WHERE w.id = NEW.reward_id;
  NEW.needs_approval := coalesce(NEW.needs_approval, false);
  RETURN NEW;
END $$;
CREATE TRIGGER redemption_as_offered BEFORE INSERT ON redemption
  FOR EACH ROW EXECUTE FUNCTION portal_redemption_as_offered();
CREATE TRIGGER redemption_approval_frozen BEFORE UPDATE ON redemption FOR EACH ROW WHEN (
    OLD.needs_approval IS DISTINCT FROM NEW.needs_approval
    OR OLD.approved_at IS NOT NULL
       AND (OLD.approved_by, OLD.approved_at) IS DISTINCT FROM (NEW.approved_by, NEW.approved_at))
  EXECUTE FUNCTION portal_redemption_frozen();
"""


def upgrade() -> None:
    for part in (TABLES, AS_OFFERED):
        op.get_bind().exec_driver_sql(part)


def downgrade() -> None:
    op.execute("DROP TRIGGER redemption_approval_frozen ON redemption")
    op.execute("DROP TRIGGER redemption_as_offered ON redemption")
    op.execute("DROP FUNCTION portal_redemption_as_offered()")
    op.execute(
        "ALTER TABLE redemption DROP CONSTRAINT ck_redemption_declined, DROP CONSTRAINT ck_redemption_approved,"
        " DROP CONSTRAINT ck_redemption_approved_by_another, DROP COLUMN declined, DROP COLUMN approved_at,"
        " DROP COLUMN approved_by, DROP COLUMN needs_approval"
    )
    op.execute("ALTER TABLE reward DROP COLUMN needs_approval")
