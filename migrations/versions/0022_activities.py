"""Consent and asks for six activities: their wording, their points, and the pool that knows who agreed to what."""

import hashlib

from alembic import op

revision = "0022"
down_revision = "0018b"
branch_labels = None
depends_on = None

TYPES = (
    ("introduction", "E-mail introduction", 1, 150),
    ("site_visit", "Site visit", 2, 800),
    ("quote", "Quote", 1, 200),
    ("case_study", "Case study", 2, 600),
    ("speaking", "Talk", 2, 700),
)

KNOWN_BEFORE = (
    "Before I accept an ask they see my initials, my role, what I wrote in my reference profile, and my company's "
    "industry, size and country; the company's name only if I allow it. My name and e-mail address are shown only to "
    "the person who asks, and only after I accept that one ask. "
)
FREELY = (
    "I am asked within the limits of the program and may lower them, pause or say no to any ask. I get no points for "
    "agreeing and lose none by withdrawing. My agreement holds for 365 days. I can withdraw it at any time on the page "
    "My references or from a link in a mail; it works at once, and open asks stop."
)
WORDINGS = {
    "introduction": (
        "I agree that the program's sales team may find me as a reference and ask me to answer questions of their "
        "prospects by e-mail. " + KNOWN_BEFORE + "They then introduce me to the prospect, who sees them too. " + FREELY
    ),
    "site_visit": (
        "I agree that the program's sales team may find me as a reference and ask me to receive their prospects where "
        "I work and to show them how we work. I decide what they see, and the rules of my company hold. "
        + KNOWN_BEFORE
        + FREELY
    ),
    "quote": (
        "I agree that the program's sales team may find me as a reference and ask me for a sentence or two that they "
        "use, with my name, role and company, in an offer or a presentation for one prospect. Nothing is used before I "
        "approve the exact words, and nothing is published. " + KNOWN_BEFORE + FREELY
    ),
    "case_study": (
        "I agree that the program's sales team may find me as a reference and ask me for the story of my work with the "
        "product, to be published with my name, role and company. Nothing is published before I and, where it wants "
        "to, my company approve the exact words. " + KNOWN_BEFORE + FREELY
    ),
    "speaking": (
        "I agree that the program's sales team may find me as a reference and ask me to speak about my work at an "
        "event or in a webinar, where others see and hear me under my name. " + KNOWN_BEFORE + FREELY
    ),
}

# The request names the activity; whoever is assigned agreed to that activity and to no other (trust.md, Consent).
FITTING = """
CREATE FUNCTION portal_assignment_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF split_part(NEW.scope, ':', 1) IS DISTINCT FROM (
      SELECT t.key FROM reference_request r JOIN activity_type t ON t.id = r.activity_type_id
       WHERE r.id = NEW.request_id) THEN
    RAISE EXCEPTION 'the consent of assignment % is for another activity than its request', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_activity', TABLE = 'assignment';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER assignment_fits BEFORE INSERT OR UPDATE OF scope, request_id ON assignment
  FOR EACH ROW EXECUTE FUNCTION portal_assignment_fits();

CREATE FUNCTION portal_request_keeps_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'request % keeps its activity', NEW.id
    USING ERRCODE = 'check_violation', CONSTRAINT = 'request_activity', TABLE = 'reference_request';
END $$;
CREATE TRIGGER request_keeps_activity BEFORE UPDATE OF activity_type_id ON reference_request
  FOR EACH ROW WHEN (NEW.activity_type_id <> OLD.activity_type_id) EXECUTE FUNCTION portal_request_keeps_activity();
"""

# The activities follow from the scopes; the database itself keeps the two together.
ENTRY = """
CREATE FUNCTION portal_activities(scopes text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT split_part(scope, ':', 1) ORDER BY split_part(scope, ':', 1)), '{}')
    FROM unnest(scopes) AS given (scope)
$$;
ALTER TABLE pool_entry ADD activities text[] NOT NULL GENERATED ALWAYS AS (portal_activities(audiences)) STORED;
"""

DUE = """
CREATE OR REPLACE VIEW pool_due AS
SELECT p.id AS person_id, p.company_id, portal_initials(p.name) AS initials, told.title,
       CASE WHEN r.company_name_shown THEN c.name END AS company_name,
       c.industry, c.country, portal_size_band(c.employees) AS size_band, told.headline, told.about,
       coalesce(r.products, '{{}}') AS products, told.topics,
       coalesce(r.languages, '{{}}') AS languages, given.audiences, given.valid_until,
       (100 * ((told.title IS NOT NULL)::int + (c.industry IS NOT NULL)::int + (c.country IS NOT NULL)::int
             + (c.employees IS NOT NULL)::int + (coalesce(cardinality(r.products), 0) > 0)::int
             + (cardinality(told.topics) > 0)::int + (coalesce(cardinality(r.languages), 0) > 0)::int
             + (told.headline IS NOT NULL)::int + (told.about IS NOT NULL)::int) / 9)::smallint AS completeness,
       setweight(to_tsvector('english', portal_plain(concat_ws(' ', c.industry, c.country,
           array_to_string(r.products, ' '), array_to_string(told.topics, ' ')))), 'A')
         || setweight(to_tsvector('english', portal_plain(concat_ws(' ', told.title, told.headline,
           CASE WHEN r.company_name_shown THEN c.name END))), 'B')
         || setweight(to_tsvector('english', portal_plain(concat_ws(' ', told.about,
           array_to_string(r.languages, ' ')))), 'C') AS search
  FROM person p
  CROSS JOIN LATERAL (SELECT array_agg(now.scope ORDER BY now.scope) AS audiences, min(now.valid_until) AS valid_until
                        FROM consent_current now
                       WHERE now.person_id = p.id AND now.live AND {known}) given
  LEFT JOIN company c ON c.id = p.company_id
  LEFT JOIN reference_profile r ON r.person_id = p.id
  CROSS JOIN LATERAL (SELECT CASE WHEN r.company_name_shown THEN NULL ELSE c.name END AS company) hidden
  CROSS JOIN LATERAL (
    SELECT portal_untold(p.title, p.name, hidden.company) AS title,
           portal_untold(r.headline, p.name, hidden.company) AS headline,
           portal_untold(r.about, p.name, hidden.company) AS about,
           ARRAY(SELECT topic FROM unnest(r.topics) WITH ORDINALITY given (topic, nth)
                  WHERE portal_untold(topic, p.name, hidden.company) IS NOT NULL ORDER BY nth) AS topics OFFSET 0) told
 WHERE p.advocate_status = 'active' AND p.suspended_at IS NULL AND given.audiences IS NOT NULL
   AND EXISTS (SELECT 1 FROM person_role held WHERE held.person_id = p.id AND held.role = 'advocate');
"""
OF_A_TYPE = "EXISTS (SELECT 1 FROM activity_type t WHERE t.key = split_part(now.scope, ':', 1))"
CALLS_ONLY = "starts_with(now.scope, 'reference_call:')"


def upgrade() -> None:
    connection = op.get_bind()
    for key, name, weight, points in TYPES:
        connection.exec_driver_sql(
            "INSERT INTO activity_type (key, name, load_weight, points) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (key) DO NOTHING",
            (key, name, weight, points),
        )
    for purpose, wording in WORDINGS.items():
        connection.exec_driver_sql(
            "INSERT INTO notice (purpose, version, locale, text, sha256) VALUES (%s, 1, 'en', %s, %s)"
            " ON CONFLICT (purpose, version, locale) DO NOTHING",
            (purpose, wording, hashlib.sha256(wording.encode()).hexdigest()),
        )
    op.execute(FITTING)
    for part in (ENTRY, DUE.format(known=OF_A_TYPE)):
        connection.exec_driver_sql(part)


def downgrade() -> None:
    """Wordings stay, as what they are: append-only. So does an activity that somebody was asked for."""
    connection = op.get_bind()
    connection.exec_driver_sql(DUE.format(known=CALLS_ONLY))
    op.execute("DELETE FROM pool_entry e WHERE NOT EXISTS (SELECT 1 FROM pool_due d WHERE d.person_id = e.person_id)")
    op.execute("SELECT refresh_pool(array_agg(person_id ORDER BY person_id)) FROM pool_entry")
    op.execute("ALTER TABLE pool_entry DROP COLUMN activities")
    op.execute("DROP FUNCTION portal_activities(text[])")
    op.execute("DROP TRIGGER assignment_fits ON assignment")
    op.execute("DROP TRIGGER request_keeps_activity ON reference_request")
    op.execute("DROP FUNCTION portal_assignment_fits(), portal_request_keeps_activity()")
    op.execute(
        "DELETE FROM activity_type t WHERE t.key <> 'reference_call'"
        " AND NOT EXISTS (SELECT 1 FROM reference_request r WHERE r.activity_type_id = t.id)"
        " AND NOT EXISTS (SELECT 1 FROM ask a WHERE a.activity_type_id = t.id)"
    )
