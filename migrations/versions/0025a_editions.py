"""Editions: what a published challenge says and asks never changes; a change is a new edition for who begins later."""

from alembic import op

revision = "0025a"
down_revision = "0025"
branch_labels = None
depends_on = None

EDITION = """
CREATE TABLE challenge_edition (
  challenge_id bigint NOT NULL CONSTRAINT fk_challenge_edition_challenge_id_challenge REFERENCES challenge (id),
  edition integer NOT NULL CONSTRAINT ck_challenge_edition_edition CHECK (edition >= 1),
  title text NOT NULL,
  summary text NOT NULL,
  description text NOT NULL,
  minutes integer NOT NULL,
  offered_at timestamptz NOT NULL DEFAULT portal_now(),
  CONSTRAINT pk_challenge_edition PRIMARY KEY (challenge_id, edition)
);

ALTER TABLE challenge ADD edition integer;
ALTER TABLE stage
  ADD edition integer,
  DROP CONSTRAINT uq_stage_challenge_id_position;
DROP TRIGGER frozen ON stage;
UPDATE challenge SET edition = 1 WHERE published_at IS NOT NULL;
UPDATE stage s SET edition = 1 FROM challenge c WHERE c.id = s.challenge_id AND c.published_at IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO challenge_edition (challenge_id, edition, title, summary, description, minutes, offered_at)
SELECT id, 1, title, summary, description, minutes, published_at FROM challenge WHERE published_at IS NOT NULL;
ALTER TABLE stage ADD CONSTRAINT uq_stage_challenge_id_edition_position
  UNIQUE NULLS NOT DISTINCT (challenge_id, edition, position) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE challenge ADD CONSTRAINT ck_challenge_edition CHECK ((edition IS NULL) = (published_at IS NULL));

ALTER TABLE submission ADD edition integer;
UPDATE submission s SET edition = 1
 WHERE state <> 'dismissed' OR EXISTS (SELECT FROM stage_response r WHERE r.submission_id = s.id);
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE submission
  ADD CONSTRAINT ck_submission_edition CHECK (edition IS NOT NULL OR state = 'dismissed'),
  ADD CONSTRAINT fk_submission_challenge_id_challenge_edition FOREIGN KEY (challenge_id, edition)
    REFERENCES challenge_edition (challenge_id, edition);
"""

# Steps without an edition are being worked on. With one they are frozen, words and all. The share lock lets no
# publication pass in between.
STAGE_FROZEN = """
CREATE OR REPLACE FUNCTION portal_stage_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  latest integer;
  changing boolean;
BEGIN
  SELECT coalesce(edition, 0), state <> 'archived' INTO latest, changing FROM challenge
   WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.challenge_id ELSE NEW.challenge_id END FOR SHARE;
  IF NOT changing
     OR TG_OP <> 'INSERT' AND OLD.edition IS NOT NULL
     OR TG_OP = 'UPDATE' AND NEW.challenge_id <> OLD.challenge_id
     OR TG_OP <> 'DELETE' AND NEW.edition IS NOT NULL AND NEW.edition <> latest + 1 THEN
    RAISE EXCEPTION 'the stages of a published challenge do not change'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_frozen';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON stage
  FOR EACH ROW EXECUTE FUNCTION portal_stage_frozen();
"""

HAS_STAGES = """
CREATE OR REPLACE FUNCTION portal_challenge_has_stages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM stage WHERE challenge_id = NEW.id AND edition = NEW.edition) THEN
    RAISE EXCEPTION 'a published challenge has at least one stage'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'challenge_has_stages';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER has_stages ON challenge;
CREATE TRIGGER has_stages BEFORE INSERT OR UPDATE OF state, edition ON challenge
  FOR EACH ROW WHEN (NEW.state = 'published') EXECUTE FUNCTION portal_challenge_has_stages();
DROP TRIGGER stages_set_up ON challenge;
CREATE TRIGGER stages_set_up BEFORE INSERT OR UPDATE OF state, edition ON challenge
  FOR EACH ROW WHEN (NEW.state = 'published') EXECUTE FUNCTION portal_stages_set_up();
"""

# Words change with the edition only, and the edition by one; what it says is written down beside it.
WORDS = """
CREATE FUNCTION portal_challenge_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.edition IS NOT DISTINCT FROM OLD.edition THEN
    RAISE EXCEPTION 'the words of a published challenge change with its edition'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'challenge_words';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.edition IS DISTINCT FROM coalesce(OLD.edition, 0) + 1 THEN
    RAISE EXCEPTION 'editions of a challenge are counted one by one'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'challenge_editions';
  END IF;
  INSERT INTO challenge_edition (challenge_id, edition, title, summary, description, minutes)
  VALUES (NEW.id, NEW.edition, NEW.title, NEW.summary, NEW.description, NEW.minutes);
  RETURN NULL;
END $$;
CREATE TRIGGER edition_on_insert AFTER INSERT ON challenge
  FOR EACH ROW WHEN (NEW.edition IS NOT NULL) EXECUTE FUNCTION portal_challenge_edition();
CREATE TRIGGER edition_on_update AFTER UPDATE ON challenge
  FOR EACH ROW WHEN (NEW.edition IS DISTINCT FROM OLD.edition
    OR NEW.edition IS NOT NULL AND (NEW.title, NEW.summary, NEW.description, NEW.minutes)
       IS DISTINCT FROM (OLD.title, OLD.summary, OLD.description, OLD.minutes))
  EXECUTE FUNCTION portal_challenge_edition();

CREATE FUNCTION portal_edition_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an edition of a challenge does not change'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'edition_kept';
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON challenge_edition
  FOR EACH ROW EXECUTE FUNCTION portal_edition_kept();
"""

# Under the lock of the challenge, as its places are: whoever begins gets what is offered then, or waits for it.
PROMISED = """
CREATE FUNCTION portal_submission_edition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  offered integer;
BEGIN
  IF NEW.edition IS NULL AND NEW.state = 'dismissed' AND (TG_OP = 'INSERT' OR OLD.edition IS NULL) THEN
    RETURN NEW;
  END IF;
  SELECT edition INTO offered FROM challenge WHERE id = NEW.challenge_id FOR NO KEY UPDATE;
  NEW.edition := coalesce(NEW.edition, offered);
  IF NEW.edition IS DISTINCT FROM offered OR TG_OP = 'UPDATE' AND OLD.edition IS NOT NULL THEN
    RAISE EXCEPTION 'who begins gets the edition that is offered, and keeps it'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'submission_edition';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER edition_on_insert BEFORE INSERT ON submission
  FOR EACH ROW EXECUTE FUNCTION portal_submission_edition();
CREATE TRIGGER edition_on_update BEFORE UPDATE ON submission
  FOR EACH ROW WHEN (NEW.edition IS DISTINCT FROM OLD.edition OR NEW.edition IS NULL AND NEW.state <> 'dismissed')
  EXECUTE FUNCTION portal_submission_edition();

CREATE FUNCTION portal_response_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM submission s JOIN stage g ON g.challenge_id = s.challenge_id AND g.edition = s.edition
                  WHERE s.id = NEW.submission_id AND g.id = NEW.stage_id
                    AND (g.points, g.verification) = (NEW.points, NEW.verification)) THEN
    RAISE EXCEPTION 'a response answers a stage of the edition that was begun, as it was promised'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'response_edition';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER edition BEFORE INSERT ON stage_response
  FOR EACH ROW EXECUTE FUNCTION portal_response_edition();
"""

PUBLISHABLE = """
CREATE OR REPLACE FUNCTION portal_challenge_publishable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{when}  IF NOT EXISTS (SELECT FROM stage WHERE challenge_id = NEW.id{only} AND points > 0) THEN
    RAISE EXCEPTION 'a published challenge pays something'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'challenge_pays';
  END IF;
  IF EXISTS (SELECT FROM stage WHERE challenge_id = NEW.id{only} AND btrim(instructions) = '') THEN
    RAISE EXCEPTION 'each stage of a published challenge says what to do'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_told';
  END IF;
  IF NEW.closes_at <= portal_now(){unless} THEN
    RAISE EXCEPTION 'a challenge is not published after its window'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'challenge_over';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS publishable ON challenge;
CREATE TRIGGER publishable BEFORE INSERT OR UPDATE OF {columns} ON challenge
  FOR EACH ROW WHEN (NEW.state = 'published') EXECUTE FUNCTION portal_challenge_publishable();
"""
# What is offered pays and says what to do in each edition; only the first one is refused when its window is over.
NOW = {
    "when": "",
    "only": " AND edition = NEW.edition",
    "unless": " AND (TG_OP = 'INSERT' OR OLD.state <> 'published')",
    "columns": "state, edition",
}
BEFORE = {
    "when": "  IF TG_OP = 'UPDATE' AND OLD.state = 'published' THEN\n    RETURN NEW;\n  END IF;\n",
    "only": "",
    "unless": "",
    "columns": "state",
}

SET_UP = """
CREATE OR REPLACE FUNCTION portal_stages_set_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM stage WHERE challenge_id = NEW.id{only}
             AND (kind = 'visit' AND coalesce(setup ->> 'address', '') = ''
                  OR kind = 'questions' AND NOT jsonb_path_exists(setup, '$.questions[0]'))) THEN
    RAISE EXCEPTION 'a stage of a published challenge is set up'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_set_up';
  END IF;
  RETURN NEW;
END $$;
"""

# Back: what is offered now is the challenge; steps of earlier editions stand behind it where they were answered.
BACK = """
DROP TRIGGER edition ON stage_response;
DROP TRIGGER edition_on_insert ON submission;
DROP TRIGGER edition_on_update ON submission;
DROP TRIGGER edition_on_insert ON challenge;
DROP TRIGGER edition_on_update ON challenge;
DROP TRIGGER has_stages ON challenge;
DROP TRIGGER publishable ON challenge;
DROP TRIGGER stages_set_up ON challenge;
DROP TRIGGER frozen ON stage;
DROP FUNCTION portal_response_edition(), portal_submission_edition(), portal_challenge_edition();
ALTER TABLE submission DROP CONSTRAINT fk_submission_challenge_id_challenge_edition,
  DROP CONSTRAINT ck_submission_edition, DROP COLUMN edition;
DELETE FROM stage s USING challenge c
 WHERE c.id = s.challenge_id AND s.edition IS DISTINCT FROM c.edition
   AND NOT EXISTS (SELECT FROM stage_response r WHERE r.stage_id = s.id);
UPDATE stage s SET position = counted.place
  FROM (SELECT id, row_number() OVER (PARTITION BY challenge_id ORDER BY edition DESC NULLS LAST, position) AS place
          FROM stage) counted
 WHERE counted.id = s.id AND s.position <> counted.place;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE stage DROP CONSTRAINT uq_stage_challenge_id_edition_position, DROP COLUMN edition,
  ADD CONSTRAINT uq_stage_challenge_id_position UNIQUE (challenge_id, position) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE challenge DROP CONSTRAINT ck_challenge_edition, DROP COLUMN edition;
DROP TABLE challenge_edition;
DROP FUNCTION portal_edition_kept();

CREATE OR REPLACE FUNCTION portal_stage_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  drafted boolean;
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.challenge_id, NEW.position, NEW.kind, NEW.points, NEW.verification, NEW.setup)
     IS NOT DISTINCT FROM (OLD.challenge_id, OLD.position, OLD.kind, OLD.points, OLD.verification, OLD.setup) THEN
    IF (NEW.title, NEW.instructions) IS DISTINCT FROM (OLD.title, OLD.instructions) THEN
      PERFORM FROM challenge WHERE id = NEW.challenge_id FOR SHARE;
      IF EXISTS (SELECT FROM stage_response WHERE stage_id = NEW.id) THEN
        RAISE EXCEPTION 'the words of a stage stay as they were agreed to'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'stage_words';
      END IF;
    END IF;
    RETURN NEW;
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
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON stage
  FOR EACH ROW EXECUTE FUNCTION portal_stage_frozen();

CREATE OR REPLACE FUNCTION portal_challenge_has_stages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM stage WHERE challenge_id = NEW.id) THEN
    RAISE EXCEPTION 'a published challenge has at least one stage'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'challenge_has_stages';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER has_stages BEFORE INSERT OR UPDATE OF state ON challenge
  FOR EACH ROW WHEN (NEW.state = 'published') EXECUTE FUNCTION portal_challenge_has_stages();
CREATE TRIGGER stages_set_up BEFORE INSERT OR UPDATE OF state ON challenge
  FOR EACH ROW WHEN (NEW.state = 'published') EXECUTE FUNCTION portal_stages_set_up();
"""


def upgrade() -> None:
    set_up, publishable = SET_UP.replace("{only}", NOW["only"]), _publishable(NOW)
    for part in (EDITION, STAGE_FROZEN, HAS_STAGES, set_up, publishable, WORDS, PROMISED):
        op.get_bind().exec_driver_sql(part)


def downgrade() -> None:
    for part in (BACK, SET_UP.replace("{only}", ""), _publishable(BEFORE)):
        op.get_bind().exec_driver_sql(part)


def _publishable(words: dict[str, str]) -> str:
    told = PUBLISHABLE
    for name, word in words.items():
        told = told.replace("{" + name + "}", word)
    return told
