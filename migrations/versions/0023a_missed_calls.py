"""Who did not come to a call, and that a call is brought to mind once for each time it has."""

from alembic import op

revision = "0023a"
down_revision = "0021a"
branch_labels = None
depends_on = None

CALL = """
ALTER TABLE reference_call
  ADD missed_by varchar CONSTRAINT ck_reference_call_missed_by CHECK (missed_by IN ('advocate', 'sales')),
  ADD brought_to_mind integer,
  ADD CONSTRAINT ck_reference_call_missed CHECK (missed_by IS NULL OR state = 'no_show'),
  ADD CONSTRAINT ck_reference_call_brought_to_mind CHECK (brought_to_mind BETWEEN 1 AND sequence);
CREATE UNIQUE INDEX uq_message_call_tomorrow ON message (person_id, subject_ref, (data ->> 'sequence'))
  WHERE kind = 'call.tomorrow';
"""

BACK = """
DROP INDEX uq_message_call_tomorrow;
ALTER TABLE reference_call DROP COLUMN missed_by, DROP COLUMN brought_to_mind;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(CALL)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(BACK)
