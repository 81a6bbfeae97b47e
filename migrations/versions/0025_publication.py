"""What nobody could take is not published: a challenge pays, each step says what to do, and its window is not over."""

from alembic import op

revision = "0025"
down_revision = "0026a"
branch_labels = None
depends_on = None

PUBLISHABLE = """
CREATE FUNCTION portal_challenge_publishable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state = 'published' THEN
    RETURN NEW;
  END IF;
  IF NOT EXISTS (SELECT FROM stage WHERE challenge_id = NEW.id AND points > 0) THEN
    RAISE EXCEPTION 'a published challenge pays something'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'challenge_pays';
  END IF;
  IF EXISTS (SELECT FROM stage WHERE challenge_id = NEW.id AND btrim(instructions) = '') THEN
    RAISE EXCEPTION 'each stage of a published challenge says what to do'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_told';
  END IF;
  IF NEW.closes_at <= portal_now() THEN
    RAISE EXCEPTION 'a challenge is not published after its window'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'challenge_over';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER publishable BEFORE INSERT OR UPDATE OF state ON challenge
  FOR EACH ROW WHEN (NEW.state = 'published') EXECUTE FUNCTION portal_challenge_publishable();
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(PUBLISHABLE)


def downgrade() -> None:
    op.execute("DROP TRIGGER publishable ON challenge")
    op.execute("DROP FUNCTION portal_challenge_publishable()")
