"""How many days a reward takes, and until when each redemption was promised."""

from alembic import op

revision = "0021c"
down_revision = "0021b"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE reward ADD days smallint NOT NULL DEFAULT 14 CONSTRAINT ck_reward_days CHECK (days BETWEEN 1 AND 365);
ALTER TABLE redemption ADD due_at timestamptz NOT NULL DEFAULT (portal_now() + interval '336 hours');
UPDATE redemption SET due_at = created_at + interval '336 hours';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)


def downgrade() -> None:
    op.execute("ALTER TABLE redemption DROP COLUMN due_at")
    op.execute("ALTER TABLE reward DROP CONSTRAINT ck_reward_days, DROP COLUMN days")
