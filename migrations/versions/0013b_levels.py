"""Levels that managers set: each with an address of its own; the lowest always needs no points."""

from alembic import op

revision = "0013b"
down_revision = "0013a"
branch_labels = None
depends_on = None

LEVEL = """
ALTER TABLE level ADD public_id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT uq_level_public_id UNIQUE;
ALTER TABLE level ADD CONSTRAINT ck_level_words CHECK (
  char_length(name) BETWEEN 1 AND 40 AND char_length(benefit) BETWEEN 1 AND 300);
"""

LOWEST = """
CREATE FUNCTION portal_level_lowest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM level WHERE threshold = 0) THEN
    RAISE EXCEPTION 'the lowest level needs no points'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'level_lowest', TABLE = 'level';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER level_lowest AFTER UPDATE OR DELETE OR TRUNCATE ON level
  FOR EACH STATEMENT EXECUTE FUNCTION portal_level_lowest();
"""


def upgrade() -> None:
    for part in (LEVEL, LOWEST):
        op.get_bind().exec_driver_sql(part)


def downgrade() -> None:
    op.execute("DROP TRIGGER level_lowest ON level")
    op.execute("DROP FUNCTION portal_level_lowest()")
    op.execute("ALTER TABLE level DROP CONSTRAINT ck_level_words, DROP COLUMN public_id")
