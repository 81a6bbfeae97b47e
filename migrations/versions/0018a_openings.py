"""Places and another go: so many may take a challenge, and once more after a pause where the manager says so."""

from alembic import op

revision = "0018a"
down_revision = "0018"
branch_labels = None
depends_on = None

CHALLENGE = """
ALTER TABLE challenge
  ADD places integer CONSTRAINT ck_challenge_places CHECK (places BETWEEN 1 AND 1000000),
  ADD pause_hours integer CONSTRAINT ck_challenge_pause_hours CHECK (pause_hours BETWEEN 1 AND 17520);
"""

SUBMISSION = """
ALTER TABLE submission
  ADD latest boolean NOT NULL DEFAULT true,
  ADD CONSTRAINT ck_submission_latest CHECK (latest OR state IN ('approved', 'rejected', 'expired'));
CREATE UNIQUE INDEX uq_submission_latest ON submission (challenge_id, person_id) WHERE latest;
CREATE INDEX ix_submission_place ON submission (challenge_id)
  WHERE state IN ('in_progress', 'submitted', 'redo_requested', 'approved');
"""

# Under the lock of the challenge: the count that follows sees whoever was there first.
PLACE = """
CREATE FUNCTION portal_submission_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  most integer;
BEGIN
  SELECT places INTO most FROM challenge WHERE id = NEW.challenge_id FOR NO KEY UPDATE;
  IF most <= (SELECT count(*) FROM submission WHERE challenge_id = NEW.challenge_id AND id <> NEW.id
               AND state IN ('in_progress', 'submitted', 'redo_requested', 'approved')) THEN
    RAISE EXCEPTION 'all places of the challenge are taken'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'challenge_full';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER place_on_insert BEFORE INSERT ON submission
  FOR EACH ROW WHEN (NEW.state IN ('in_progress', 'submitted', 'redo_requested', 'approved'))
  EXECUTE FUNCTION portal_submission_place();
CREATE TRIGGER place_on_update BEFORE UPDATE OF state ON submission
  FOR EACH ROW WHEN (NEW.state IN ('in_progress', 'submitted', 'redo_requested', 'approved')
                     AND OLD.state NOT IN ('in_progress', 'submitted', 'redo_requested', 'approved'))
  EXECUTE FUNCTION portal_submission_place();

CREATE FUNCTION portal_challenge_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.places < (SELECT count(*) FROM submission WHERE challenge_id = NEW.id
                    AND state IN ('in_progress', 'submitted', 'redo_requested', 'approved')) THEN
    RAISE EXCEPTION 'a challenge has a place for everybody who has taken one'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'challenge_places_taken';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER places_taken BEFORE UPDATE OF places ON challenge
  FOR EACH ROW WHEN (NEW.places IS NOT NULL) EXECUTE FUNCTION portal_challenge_places();
"""

AGAIN = """
CREATE FUNCTION portal_submission_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM submission s JOIN challenge c ON c.id = s.challenge_id
     WHERE s.challenge_id = NEW.challenge_id AND s.person_id = NEW.person_id AND s.attempt = NEW.attempt - 1
       AND s.state IN ('approved', 'rejected', 'expired')
       AND coalesce(s.decided_at, s.started_at) + make_interval(hours => c.pause_hours) <= portal_now()) THEN
    RAISE EXCEPTION 'a challenge is taken once more after its pause'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'submission_again';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER again BEFORE INSERT ON submission
  FOR EACH ROW WHEN (NEW.attempt > 1) EXECUTE FUNCTION portal_submission_again();
"""


def upgrade() -> None:
    for part in (CHALLENGE, SUBMISSION, PLACE, AGAIN):
        op.get_bind().exec_driver_sql(part)


def downgrade() -> None:
    op.execute("DROP TRIGGER again ON submission")
    op.execute("DROP TRIGGER place_on_insert ON submission")
    op.execute("DROP TRIGGER place_on_update ON submission")
    op.execute("DROP TRIGGER places_taken ON challenge")
    op.execute("DROP FUNCTION portal_submission_again(), portal_submission_place(), portal_challenge_places()")
    op.execute("DROP INDEX uq_submission_latest, ix_submission_place")
    op.execute("ALTER TABLE submission DROP CONSTRAINT ck_submission_latest, DROP COLUMN latest")
    op.execute("ALTER TABLE challenge DROP COLUMN places, DROP COLUMN pause_hours")
