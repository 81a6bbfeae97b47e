"""Pages to visit and questions as stages: what a manager sets up for them, without which nothing is published."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

STAGE = """
ALTER TABLE stage
  DROP CONSTRAINT ck_stage_kind,
  ADD CONSTRAINT ck_stage_kind CHECK (kind IN ('confirm', 'story', 'visit', 'questions')),
  ADD CONSTRAINT ck_stage_setup CHECK (jsonb_typeof(setup) = 'object'),
  ADD CONSTRAINT ck_stage_visit CHECK (kind <> 'visit' OR setup ->> 'address' ~ '^(https://.*)?$'),
  ADD CONSTRAINT ck_stage_questions CHECK (
    kind <> 'questions' OR (jsonb_typeof(coalesce(setup -> 'questions', '[]')) = 'array'
    AND NOT jsonb_path_exists(setup, '$.questions[20]')))
"""

SET_UP = """
CREATE FUNCTION portal_stages_set_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM stage WHERE challenge_id = NEW.id
             AND (kind = 'visit' AND coalesce(setup ->> 'address', '') = ''
                  OR kind = 'questions' AND NOT jsonb_path_exists(setup, '$.questions[0]'))) THEN
    RAISE EXCEPTION 'a stage of a published challenge is set up'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_set_up';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stages_set_up BEFORE INSERT OR UPDATE OF state ON challenge
  FOR EACH ROW WHEN (NEW.state = 'published') EXECUTE FUNCTION portal_stages_set_up();
"""


def upgrade() -> None:
    for part in (STAGE, SET_UP):
        op.get_bind().exec_driver_sql(part)


def downgrade() -> None:
    op.execute("DROP TRIGGER stages_set_up ON challenge")
    op.execute("DROP FUNCTION portal_stages_set_up()")
    op.execute(
        "ALTER TABLE stage DROP CONSTRAINT ck_stage_questions, DROP CONSTRAINT ck_stage_visit,"
        " DROP CONSTRAINT ck_stage_setup, DROP CONSTRAINT ck_stage_kind,"
        " ADD CONSTRAINT ck_stage_kind CHECK (kind IN ('confirm', 'story'))"
    )
