"""Passwords beside links by mail, links that set one, and invitations that nobody took up in one list."""

from alembic import op

revision = "0016"
down_revision = "0013b"
branch_labels = None
depends_on = None

PURPOSE = """
ALTER TABLE sign_in_link ADD purpose varchar NOT NULL DEFAULT 'sign_in'
  CONSTRAINT ck_sign_in_link_purpose CHECK (purpose IN ('sign_in', 'password'))
"""

TABLE = """
CREATE TABLE password (
  person_id bigint NOT NULL CONSTRAINT pk_password PRIMARY KEY
    CONSTRAINT fk_password_person_id_person REFERENCES person (id),
  hash text NOT NULL,
  set_at timestamptz NOT NULL DEFAULT portal_now(),
  CONSTRAINT ck_password_argon2id CHECK (
    hash ~ '^[$]argon2id[$]v=19[$]m=[0-9]+,t=[0-9]+,p=[0-9]+[$][A-Za-z0-9+/]{22,}[$][A-Za-z0-9+/]{43,}$'
    AND char_length(hash) <= 200),
  CONSTRAINT ck_password_strong CHECK (
    substring(hash FROM '[$]m=([0-9]+),')::bigint >= 19456 AND substring(hash FROM ',t=([0-9]+),')::bigint >= 2)
)
"""

# Whoever knew the former password, or sat in a session of it, is out, whatever path led here. A hash that is only made
# anew with other parameters keeps `set_at`.
ENDS = """
CREATE FUNCTION portal_password_ends_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE whose bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.person_id ELSE NEW.person_id END;
BEGIN
  PERFORM 1 FROM person WHERE id = whose FOR NO KEY UPDATE;
  DELETE FROM login_session WHERE person_id = whose;
  UPDATE sign_in_link SET ended_at = greatest(portal_now(), created_at)
    WHERE person_id = whose AND used_at IS NULL AND ended_at IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER password_ends_sessions AFTER INSERT OR DELETE OR UPDATE OF set_at ON password
  FOR EACH ROW EXECUTE FUNCTION portal_password_ends_sessions()
"""

WAITING = """
CREATE INDEX ix_invitation_waiting ON invitation (expires_at DESC, id DESC)
  WHERE accepted_at IS NULL AND ended_at IS NULL
"""

ADDRESS = """
CREATE INDEX ix_nomination_address ON nomination (lower(address))
"""


def upgrade() -> None:
    for part in (PURPOSE, TABLE, ENDS, WAITING, ADDRESS):
        op.get_bind().exec_driver_sql(part)


def downgrade() -> None:
    op.execute("DROP INDEX ix_nomination_address, ix_invitation_waiting")
    op.execute("DROP TABLE password")
    op.execute("DROP FUNCTION portal_password_ends_sessions()")
    op.execute("DELETE FROM sign_in_link WHERE purpose <> 'sign_in'")
    op.execute("ALTER TABLE sign_in_link DROP COLUMN purpose")
