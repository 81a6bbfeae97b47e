"""The words of a step stay as they were agreed to: once somebody has begun it, they do not change any more."""

from alembic import op

revision = "0018b"
down_revision = "0018a"
branch_labels = None
depends_on = None

# The share lock waits for who is beginning, and what follows it sees that they have.
FROZEN = """
CREATE OR REPLACE FUNCTION portal_stage_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  drafted boolean;
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.challenge_id, NEW.position, NEW.kind, NEW.points, NEW.verification, NEW.setup)
     IS NOT DISTINCT FROM (OLD.challenge_id, OLD.position, OLD.kind, OLD.points, OLD.verification, OLD.setup) THEN
{words}    RETURN NEW;
  END IF;
  SELECT bool_and(state = 'draft') INTO drafted FROM (
    SELECT state FROM challenge
    WHERE id IN (CASE WHEN TG_OP <> 'DELETE' THEN NEW.challenge_id END,
                 CASE WHEN TG_OP <> 'INSERT' THEN OLD.challenge_id END)
    FOR SHARE) held;
  IF NOT drafted THEN
    RAISE EXCEPTION 'the stages of a published challenge do not change'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_frozen';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""

WORDS = """    IF (NEW.title, NEW.instructions) IS DISTINCT FROM (OLD.title, OLD.instructions) THEN
      PERFORM FROM challenge WHERE id = NEW.challenge_id FOR SHARE;
      IF EXISTS (SELECT FROM stage_response WHERE stage_id = NEW.id) THEN
        RAISE EXCEPTION 'the words of a stage stay as they were agreed to'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_words';
      END IF;
    END IF;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(FROZEN.replace("{words}", WORDS))


def downgrade() -> None:
    op.get_bind().exec_driver_sql(FROZEN.replace("{words}", ""))
