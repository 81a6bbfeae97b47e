"""What people want to be mailed, and when they want to be left alone."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

HELD = """
ALTER TABLE message ADD held_until timestamptz;
ALTER TABLE message DROP CONSTRAINT ck_message_reason;
ALTER TABLE message ADD CONSTRAINT ck_message_reason CHECK (
  reason IN ('no_address', 'suspended', 'not_allowed_any_more', 'unsubscribed', 'superseded', 'expired',
  'undeliverable', 'mail_off', 'quiet_hours'));
ALTER TABLE message ADD CONSTRAINT ck_message_held_until CHECK (
  (reason IS NOT DISTINCT FROM 'quiet_hours') = (held_until IS NOT NULL))
"""

# At most one reminder of an ask, ever.
REMINDER = """
CREATE UNIQUE INDEX uq_message_reminder ON message (subject_ref) WHERE kind = 'request.reminder'
"""

WISHES = """
CREATE TABLE mail_preference (
  person_id bigint NOT NULL CONSTRAINT fk_mail_preference_person_id_person REFERENCES person (id),
  kind text NOT NULL CONSTRAINT ck_mail_preference_kind CHECK (kind ~ '^[a-z_]+[.][a-z_]+$'),
  wanted boolean NOT NULL DEFAULT true,
  through varchar NOT NULL DEFAULT 'portal' CONSTRAINT ck_mail_preference_through CHECK (through IN ('portal', 'mail')),
  changed_at timestamptz NOT NULL DEFAULT portal_now(),
  CONSTRAINT pk_mail_preference PRIMARY KEY (person_id, kind),
  CONSTRAINT ck_mail_preference_essential CHECK (
    wanted OR kind !~ '^(access[.](sign_in|invitation|password)|consent[.]|security[.])')
);
CREATE TABLE quiet_hours (
  person_id bigint NOT NULL CONSTRAINT pk_quiet_hours PRIMARY KEY
    CONSTRAINT fk_quiet_hours_person_id_person REFERENCES person (id),
  starts time NOT NULL,
  ends time NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT portal_now(),
  CONSTRAINT ck_quiet_hours_some CHECK (starts <> ends),
  CONSTRAINT ck_quiet_hours_minutes CHECK (
    extract(second FROM starts) = 0 AND extract(second FROM ends) = 0 AND starts < '24:00' AND ends < '24:00')
)
"""

# Under the person's lock, which the sender holds and whoever switches off waits for.
WANTED = """
CREATE FUNCTION portal_mail_wanted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM person WHERE id = NEW.person_id FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM mail_preference p
              WHERE p.person_id = NEW.person_id AND p.kind = NEW.kind AND NOT p.wanted) THEN
    RAISE EXCEPTION 'mails of this kind are not wanted'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'message_wanted', TABLE = 'message';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER message_wanted BEFORE UPDATE OF state ON message FOR EACH ROW
  WHEN (NEW.state = 'sending') EXECUTE FUNCTION portal_mail_wanted()
"""


def upgrade() -> None:
    for part in (HELD, REMINDER, WISHES, WANTED):
        op.get_bind().exec_driver_sql(part)


def downgrade() -> None:
    op.execute("DROP TRIGGER message_wanted ON message")
    op.execute("DROP FUNCTION portal_mail_wanted()")
    op.execute("DROP TABLE quiet_hours")
    op.execute("DROP TABLE mail_preference")
    op.execute("DROP INDEX uq_message_reminder")
    op.execute("UPDATE message SET state = 'queued', reason = NULL WHERE reason = 'quiet_hours'")
    op.execute("ALTER TABLE message DROP COLUMN held_until")
    op.execute("ALTER TABLE message DROP CONSTRAINT ck_message_reason")
    op.execute(
        "ALTER TABLE message ADD CONSTRAINT ck_message_reason CHECK ("
        "reason IN ('no_address', 'suspended', 'not_allowed_any_more', 'unsubscribed', 'superseded', 'expired',"
        " 'undeliverable', 'mail_off'))"
    )
