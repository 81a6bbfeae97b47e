"""Asks in the order of time: how much people and companies were asked of late is counted from here on."""

from alembic import op

revision = "0026b"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE INDEX ix_ask_asked_at ON ask (asked_at) INCLUDE (person_id, company_id) WHERE freed_at IS NULL")


def downgrade() -> None:
    op.execute("DROP INDEX ix_ask_asked_at")
