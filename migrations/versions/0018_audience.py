"""Audiences by size, product, level and name, with exceptions; one flat row for each advocate to count them by."""

from alembic import op

revision = "0018"
down_revision = "0023b"
branch_labels = None
depends_on = None

MEMBER = """
CREATE TABLE audience_member (
  person_id bigint NOT NULL CONSTRAINT pk_audience_member PRIMARY KEY
    CONSTRAINT fk_audience_member_person_id_person REFERENCES person (id),
  industry text,
  country text,
  size_band text,
  products text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX ix_audience_member_industry ON audience_member (industry, country, size_band);
CREATE INDEX ix_audience_member_country ON audience_member (country, size_band);
CREATE INDEX ix_audience_member_products ON audience_member USING gin (products);
"""

# The one definition of who can be offered a challenge, and by what: the rows follow it, `portal check` compares.
# What an advocate uses: what they say of themselves, and what their company bought.
DUE = """
CREATE VIEW audience_due AS
SELECT p.id AS person_id, c.industry, c.country, portal_size_band(c.employees) AS size_band,
       ARRAY(SELECT unnest(r.products)
             UNION SELECT bought.name FROM opportunity o JOIN product bought ON bought.id = o.product_id
                    WHERE o.company_id = p.company_id AND lower(o.stage) IN ('won', 'closed won')
             ORDER BY 1) AS products
  FROM person p
  LEFT JOIN company c ON c.id = p.company_id
  LEFT JOIN reference_profile r ON r.person_id = p.id
 WHERE p.advocate_status IN ('active', 'paused') AND p.suspended_at IS NULL
   AND EXISTS (SELECT FROM person_role held WHERE held.person_id = p.id AND held.role = 'advocate');
"""

# Lock, then read: who waited for a row sees what the other one wrote. A company of somebody new is held still, so that
# whoever changes it meanwhile finds their row afterwards.
REFRESH = """
CREATE FUNCTION refresh_audience(people bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM audience_member WHERE person_id = ANY (people) ORDER BY person_id FOR NO KEY UPDATE;
  DELETE FROM audience_member m WHERE m.person_id = ANY (people)
     AND NOT EXISTS (SELECT FROM audience_due d WHERE d.person_id = m.person_id);
  UPDATE audience_member m SET industry = d.industry, country = d.country, size_band = d.size_band,
         products = d.products
    FROM audience_due d WHERE d.person_id = ANY (people) AND m.person_id = d.person_id
     AND (m.industry, m.country, m.size_band, m.products)
         IS DISTINCT FROM (d.industry, d.country, d.size_band, d.products);
  PERFORM FROM company c WHERE c.id IN (
    SELECT p.company_id FROM person p WHERE p.id = ANY (people)
       AND NOT EXISTS (SELECT FROM audience_member m WHERE m.person_id = p.id)) ORDER BY c.id FOR SHARE;
  INSERT INTO audience_member (person_id, industry, country, size_band, products)
  SELECT d.person_id, d.industry, d.country, d.size_band, d.products FROM audience_due d
   WHERE d.person_id = ANY (people) AND NOT EXISTS (SELECT FROM audience_member m WHERE m.person_id = d.person_id)
   ORDER BY d.person_id
  ON CONFLICT (person_id) DO UPDATE SET industry = excluded.industry, country = excluded.country,
      size_band = excluded.size_band, products = excluded.products;
END $$;
"""

FOLLOW = """
CREATE FUNCTION audience_follows_person() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE people bigint[];
BEGIN
  SELECT array_agg(fresh.id) INTO people FROM fresh JOIN former ON former.id = fresh.id
   WHERE (fresh.company_id, fresh.advocate_status, fresh.suspended_at)
      IS DISTINCT FROM (former.company_id, former.advocate_status, former.suspended_at);
  IF people IS NOT NULL THEN PERFORM refresh_audience(people); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER person_moves_audience AFTER UPDATE ON person REFERENCING OLD TABLE AS former NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION audience_follows_person();

CREATE FUNCTION audience_follows_company() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE people bigint[];
BEGIN
  SELECT array_agg(m.person_id) INTO people
    FROM fresh JOIN former ON former.id = fresh.id
    JOIN person p ON p.company_id = fresh.id JOIN audience_member m ON m.person_id = p.id
   WHERE (fresh.industry, fresh.country, fresh.employees)
      IS DISTINCT FROM (former.industry, former.country, former.employees);
  IF people IS NOT NULL THEN PERFORM refresh_audience(people); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER company_moves_audience AFTER UPDATE ON company REFERENCING OLD TABLE AS former NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION audience_follows_company();

CREATE FUNCTION audience_follows_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE people bigint[];
BEGIN
  SELECT array_agg(DISTINCT person_id) INTO people FROM fresh;
  IF people IS NOT NULL THEN PERFORM refresh_audience(people); END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION audience_follows_deals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE people bigint[];
BEGIN
  SELECT array_agg(DISTINCT m.person_id) INTO people
    FROM fresh JOIN person p ON p.company_id = fresh.company_id JOIN audience_member m ON m.person_id = p.id;
  IF people IS NOT NULL THEN PERFORM refresh_audience(people); END IF;
  RETURN NULL;
END $$;
"""

FOLLOWED = (
    ("person_role", "INSERT", "NEW", "rows"),
    ("person_role", "DELETE", "OLD", "rows"),
    ("reference_profile", "INSERT", "NEW", "rows"),
    ("reference_profile", "UPDATE", "NEW", "rows"),
    ("reference_profile", "DELETE", "OLD", "rows"),
    ("opportunity", "INSERT", "NEW", "deals"),
    ("opportunity", "UPDATE", "NEW", "deals"),
    ("opportunity", "UPDATE", "OLD", "deals"),
    ("opportunity", "DELETE", "OLD", "deals"),
)

CHALLENGE = """
ALTER TABLE challenge
  ADD sizes text[] NOT NULL DEFAULT '{}',
  ADD products text[] NOT NULL DEFAULT '{}',
  ADD people bigint[] NOT NULL DEFAULT '{}',
  ADD from_level_id bigint CONSTRAINT fk_challenge_from_level_id_level REFERENCES level (id),
  ADD to_level_id bigint CONSTRAINT fk_challenge_to_level_id_level REFERENCES level (id),
  ADD not_industries text[] NOT NULL DEFAULT '{}',
  ADD not_countries text[] NOT NULL DEFAULT '{}',
  ADD not_sizes text[] NOT NULL DEFAULT '{}',
  ADD not_products text[] NOT NULL DEFAULT '{}',
  ADD not_people bigint[] NOT NULL DEFAULT '{}',
  ADD CONSTRAINT ck_challenge_sizes CHECK (
    sizes || not_sizes <@ ARRAY['1-49', '50-499', '500-4999', '5000+']::text[]),
  ADD CONSTRAINT ck_challenge_people CHECK (
    cardinality(people) <= 200 AND cardinality(not_people) <= 200 AND NOT people && not_people),
  DROP CONSTRAINT ck_challenge_published,
  ADD CONSTRAINT ck_challenge_published CHECK (
    state <> 'published' OR (published_at IS NOT NULL AND archived_at IS NULL AND summary <> ''
    AND (for_everybody OR from_level_id IS NOT NULL OR to_level_id IS NOT NULL
    OR cardinality(industries) + cardinality(countries) + cardinality(sizes) + cardinality(products)
    + cardinality(people) > 0)));
CREATE INDEX ix_challenge_from_level_id ON challenge (from_level_id) WHERE from_level_id IS NOT NULL;
CREATE INDEX ix_challenge_to_level_id ON challenge (to_level_id) WHERE to_level_id IS NOT NULL;
"""

# People are never deleted, so it is enough to look when they are named.
NAMED = """
CREATE FUNCTION portal_audience_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT unnest(NEW.people || NEW.not_people) EXCEPT SELECT id FROM person) THEN
    RAISE EXCEPTION 'an audience names people who exist'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'audience_named';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER audience_named BEFORE INSERT OR UPDATE OF people, not_people ON challenge
  FOR EACH ROW WHEN (cardinality(NEW.people) + cardinality(NEW.not_people) > 0)
  EXECUTE FUNCTION portal_audience_named();
"""

FILL = "INSERT INTO audience_member SELECT person_id, industry, country, size_band, products FROM audience_due"

AS_IT_WAS = """
ALTER TABLE challenge
  DROP CONSTRAINT ck_challenge_published,
  DROP CONSTRAINT ck_challenge_people,
  DROP CONSTRAINT ck_challenge_sizes;
UPDATE challenge SET state = 'archived', archived_at = portal_now()
 WHERE state = 'published' AND NOT for_everybody AND cardinality(industries) + cardinality(countries) = 0;
ALTER TABLE challenge
  DROP COLUMN sizes, DROP COLUMN products, DROP COLUMN people, DROP COLUMN from_level_id, DROP COLUMN to_level_id,
  DROP COLUMN not_industries, DROP COLUMN not_countries, DROP COLUMN not_sizes, DROP COLUMN not_products,
  DROP COLUMN not_people,
  ADD CONSTRAINT ck_challenge_published CHECK (
    state <> 'published' OR (published_at IS NOT NULL AND archived_at IS NULL AND summary <> ''
    AND (for_everybody OR cardinality(industries) + cardinality(countries) > 0)));
"""


def upgrade() -> None:
    connection = op.get_bind()
    for part in (MEMBER, DUE, REFRESH, FOLLOW, CHALLENGE, NAMED, FILL):
        connection.exec_driver_sql(part)
    for table, event, which, by in FOLLOWED:
        connection.exec_driver_sql(
            f"CREATE TRIGGER {_trigger(table, event, which)} AFTER {event} ON {table}"
            f" REFERENCING {which} TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION audience_follows_{by}()"
        )


def downgrade() -> None:
    for table, event, which, _by in FOLLOWED:
        op.execute(f"DROP TRIGGER {_trigger(table, event, which)} ON {table}")
    op.execute("DROP TRIGGER person_moves_audience ON person")
    op.execute("DROP TRIGGER company_moves_audience ON company")
    op.execute("DROP TRIGGER audience_named ON challenge")
    op.execute(
        "DROP FUNCTION portal_audience_named(), audience_follows_rows(), audience_follows_deals(),"
        " audience_follows_company(), audience_follows_person(), refresh_audience(bigint[])"
    )
    op.execute("DROP VIEW audience_due")
    op.execute("DROP TABLE audience_member")
    op.get_bind().exec_driver_sql(AS_IT_WAS)


def _trigger(table: str, event: str, which: str) -> str:
    return f"{table}_moves_audience_on_{event.lower()}" + ("_from" if (event, which) == ("UPDATE", "OLD") else "")
