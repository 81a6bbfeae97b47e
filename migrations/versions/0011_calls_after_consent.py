"""A call that consent ended under may still be confirmed: it was given before (trust.md, Consent)."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CALL = """
ALTER TABLE reference_call ADD consent_ended_at timestamptz;
ALTER TABLE reference_call ADD CONSTRAINT ck_reference_call_consent_ended CHECK (
  consent_ended_at IS NULL
  OR state = 'cancelled'
  OR (state = 'held' AND held_at BETWEEN consent_ended_at AND consent_ended_at + interval '720 hours'));
"""

# What has ended stays ended, but for the one way back; and when consent ended is said once, in the moment it ends.
OVER = """
CREATE FUNCTION portal_call_is_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a call that is over stays as it is'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'reference_call_is_over', TABLE = 'reference_call';
END $$;
CREATE TRIGGER reference_call_is_over BEFORE UPDATE OF state, consent_ended_at ON reference_call FOR EACH ROW WHEN (
    OLD.state IN ('held', 'cancelled', 'no_show')
    AND (NEW.state, NEW.consent_ended_at) IS DISTINCT FROM (OLD.state, OLD.consent_ended_at)
    AND NOT (OLD.state = 'cancelled' AND NEW.state = 'held' AND OLD.consent_ended_at IS NOT NULL
             AND NEW.consent_ended_at = OLD.consent_ended_at))
  EXECUTE FUNCTION portal_call_is_over();
"""


def upgrade() -> None:
    for part in (CALL, OVER):
        op.get_bind().exec_driver_sql(part)


def downgrade() -> None:
    op.execute("DROP TRIGGER reference_call_is_over ON reference_call")
    op.execute("DROP FUNCTION portal_call_is_over()")
    op.execute("ALTER TABLE reference_call DROP COLUMN consent_ended_at")
