"""What must always be true of challenges; `portal check` asks it all."""

from __future__ import annotations

from portal.database.invariants import invariant

invariant(
    "challenges.accepted_is_paid",
    "Every accepted stage that promises points was awarded exactly those points.",
    "SELECT 'stage_response:' || r.id AS what FROM stage_response r WHERE r.state = 'accepted' AND r.points > 0"
    " AND NOT EXISTS (SELECT FROM transfer t WHERE t.kind = 'award' AND t.subject = 'stage_response:' || r.id"
    " AND t.amount = r.points)",
)
invariant(
    "challenges.paid_is_accepted",
    "Every award for a stage belongs to a stage that was accepted.",
    "SELECT t.subject AS what FROM transfer t WHERE t.kind = 'award' AND t.subject LIKE 'stage\\_response:%'"
    " AND NOT EXISTS (SELECT FROM stage_response r WHERE 'stage_response:' || r.id = t.subject"
    " AND r.state = 'accepted')",
)
invariant(
    "challenges.state_follows",
    "A submission stands where its stages put it: nothing open once handed in, all accepted once approved.",
    "SELECT 'submission:' || s.id AS what FROM submission s"
    " LEFT JOIN (SELECT submission_id, bool_or(state IN ('open', 'redo_requested')) AS open,"
    " bool_and(state = 'accepted') AS accepted, count(*) AS count FROM stage_response GROUP BY submission_id) r"
    " ON r.submission_id = s.id"
    " WHERE (s.state IN ('in_progress', 'redo_requested') AND r.open IS NOT TRUE)"
    " OR (s.state = 'submitted' AND (r.open IS NOT FALSE OR r.accepted IS NOT FALSE))"
    " OR (s.state = 'approved' AND r.accepted IS NOT TRUE)",
)
invariant(
    "challenges.verified_by_another",
    "Work that a manager verifies was approved by a person, and nobody decides on their own.",
    "SELECT 'submission:' || s.id AS what FROM submission s WHERE s.decided_by = s.person_id"
    " OR (s.state = 'approved' AND s.decided_by IS NULL AND EXISTS ("
    " SELECT FROM stage_response r WHERE r.submission_id = s.id AND r.verification = 'manager'))"
    " UNION ALL SELECT 'verdict:' || v.id FROM verdict v JOIN submission s ON s.id = v.submission_id"
    " WHERE v.decided_by = s.person_id",
)
invariant(
    "challenges.stage_of_challenge",
    "What is handed in answers a stage of the edition that was begun, as it was promised, and every stage of it.",
    "SELECT 'stage_response:' || r.id AS what FROM stage_response r JOIN submission s ON s.id = r.submission_id"
    " LEFT JOIN stage g ON g.id = r.stage_id WHERE (g.challenge_id, g.edition, g.points, g.verification)"
    " IS DISTINCT FROM (s.challenge_id, s.edition, r.points, r.verification)"
    " UNION ALL SELECT 'submission:' || s.id FROM submission s"
    " JOIN stage g ON g.challenge_id = s.challenge_id AND g.edition = s.edition"
    " LEFT JOIN stage_response r ON r.submission_id = s.id AND r.stage_id = g.id"
    " WHERE r.id IS NULL AND s.state <> 'dismissed'",
)
invariant(
    "challenges.verdict_waits",
    "An open verdict is about a submission that waits for one.",
    "SELECT 'verdict:' || v.id AS what FROM verdict v JOIN submission s ON s.id = v.submission_id"
    " WHERE v.state = 'open' AND s.state <> 'submitted'",
)
invariant(
    "challenges.published_is_set_up",
    "Every page to visit of a challenge that was published has its https address, every set of questions a question,"
    " every review its site, page and disclosure, every step for files a kind of them.",
    "SELECT 'stage:' || s.id AS what FROM stage s JOIN challenge c ON c.id = s.challenge_id"
    " WHERE s.edition IS NOT NULL"
    " AND (s.kind = 'visit' AND coalesce(s.setup ->> 'address', '') NOT LIKE 'https://_%'"
    " OR s.kind = 'questions' AND NOT jsonb_path_exists(s.setup, '$.questions[0]')"
    " OR s.kind = 'review' AND '' IN (coalesce(s.setup ->> 'site', ''), coalesce(s.setup ->> 'disclosure', ''),"
    " coalesce(s.setup ->> 'address', ''))"
    " OR s.kind = 'upload' AND NOT jsonb_path_exists(s.setup, '$.families[0]'))",
)
invariant(
    "challenges.reviews_stand_alone",
    "Nothing that asks what people think stands beside a review, and its points keep to the rules of its site.",
    "SELECT 'challenge:' || c.id AS what FROM challenge c JOIN stage r ON r.challenge_id = c.id AND r.kind = 'review'"
    " JOIN stage s ON (s.challenge_id, s.edition) = (r.challenge_id, r.edition)"
    " WHERE (s.kind NOT IN ('confirm', 'visit', 'review')"
    " OR r.setup ->> 'site' = 'gartner' AND coalesce((r.setup ->> 'worth')::numeric, 25) >= 25)",
)
invariant(
    "challenges.reviews_are_paid_once",
    "Every review that was accepted holds its link, which nobody else holds; who was turned down holds none.",
    "SELECT 'stage_response:' || r.id AS what FROM stage_response r JOIN stage g ON g.id = r.stage_id"
    " AND g.kind = 'review' LEFT JOIN review_link l ON l.response_id = r.id AND l.released_at IS NULL"
    " WHERE r.state = 'accepted' AND (l.id IS NULL OR l.link IS DISTINCT FROM r.response ->> 'link')"
    " UNION ALL SELECT 'review_link:' || min(l.id) FROM review_link l WHERE l.released_at IS NULL"
    " GROUP BY l.key HAVING count(*) > 1"
    " UNION ALL SELECT 'review_link:' || l.id FROM review_link l JOIN stage_response r ON r.id = l.response_id"
    " JOIN submission s ON s.id = r.submission_id WHERE l.released_at IS NULL AND r.state <> 'accepted'"
    " AND (s.state IN ('rejected', 'expired') OR s.state = 'dismissed' AND r.state <> 'handed_in')",
)
invariant(
    "challenges.reviews_keep_no_rating",
    "Of a review only site, link and what was disclosed are kept: neither its text nor its rating.",
    "SELECT 'stage_response:' || r.id AS what FROM stage_response r JOIN stage g ON g.id = r.stage_id"
    " WHERE g.kind = 'review' AND EXISTS (SELECT FROM jsonb_object_keys(coalesce(r.response, '{}')) k"
    " WHERE k NOT IN ('site', 'name', 'link', 'disclosure', 'version'))",
)
invariant(
    "challenges.published_has_stages",
    "A published challenge has stages, in a row from 1; one of them pays, and each says what to do.",
    "SELECT 'challenge:' || c.id AS what FROM challenge c LEFT JOIN stage s ON s.challenge_id = c.id"
    " AND s.edition = c.edition WHERE c.state = 'published' GROUP BY c.id"
    " HAVING count(s.id) = 0 OR min(s.position) <> 1 OR max(s.position) <> count(s.id)"
    " OR max(s.points) = 0 OR bool_or(btrim(s.instructions) = '')",
)
invariant(
    "challenges.says_what_its_edition_says",
    "A published challenge says what is written down of its edition; there are no later words, and no later steps.",
    "SELECT 'challenge:' || c.id AS what FROM challenge c LEFT JOIN challenge_edition e ON e.challenge_id = c.id"
    " AND e.edition >= c.edition WHERE c.edition IS NOT NULL"
    " AND (e.edition, e.title, e.summary, e.description, e.minutes)"
    " IS DISTINCT FROM (c.edition, c.title, c.summary, c.description, c.minutes)"
    " UNION ALL SELECT 'stage:' || s.id FROM stage s JOIN challenge c ON c.id = s.challenge_id"
    " WHERE s.edition > coalesce(c.edition, 0)",
)
invariant(
    "challenges.places_suffice",
    "No challenge is taken by more people than it has places.",
    "SELECT 'challenge:' || c.id AS what FROM challenge c WHERE c.places < (SELECT count(*) FROM submission s"
    " WHERE s.challenge_id = c.id AND s.state IN ('in_progress', 'submitted', 'redo_requested', 'approved'))",
)
invariant(
    "challenges.last_attempt_is_latest",
    "Of somebody's attempts at a challenge, counted without a gap, the last one is the latest.",
    "SELECT 'challenge:' || s.challenge_id || ' person:' || s.person_id AS what FROM submission s"
    " GROUP BY s.challenge_id, s.person_id HAVING count(*) <> max(s.attempt)"
    " OR max(s.attempt) IS DISTINCT FROM max(s.attempt) FILTER (WHERE s.latest)",
)
invariant(
    "challenges.audience_follows",
    "Whoever can be offered a challenge stands in the table that audiences are counted by, as what they are now.",
    "SELECT 'person:' || coalesce(m.person_id, d.person_id) AS what FROM audience_member m"
    " FULL JOIN audience_due d ON d.person_id = m.person_id WHERE m.person_id IS NULL OR d.person_id IS NULL"
    " OR (m.industry, m.country, m.size_band, m.products)"
    " IS DISTINCT FROM (d.industry, d.country, d.size_band, d.products)",
)
invariant(
    "challenges.audience_names_people",
    "Everybody whom an audience names is known.",
    "SELECT 'challenge:' || c.id AS what FROM challenge c, unnest(c.people || c.not_people) named"
    " WHERE NOT EXISTS (SELECT FROM person WHERE id = named)",
)
invariant(
    "challenges.files_are_listed",
    "A step for files lists exactly those that are kept for it, and at least one once it is handed in.",
    "SELECT 'stage_response:' || r.id AS what FROM stage_response r JOIN stage g ON g.id = r.stage_id"
    " WHERE g.kind = 'upload' AND ((SELECT array_agg(u.public_id::text ORDER BY u.public_id::text) FROM upload u"
    " WHERE u.response_id = r.id) IS DISTINCT FROM (SELECT array_agg(f ->> 'id' ORDER BY f ->> 'id')"
    " FROM jsonb_array_elements(r.response -> 'files') f)"
    " OR r.state IN ('handed_in', 'accepted') AND NOT EXISTS (SELECT FROM upload u WHERE u.response_id = r.id))",
)
invariant(
    "challenges.files_have_room",
    "Nobody's files take more than they may, no step holds more than it asks for, and each is its advocate's.",
    "SELECT 'person:' || person_id AS what FROM upload GROUP BY person_id HAVING sum(size) > 104857600"
    " UNION ALL SELECT 'stage_response:' || r.id FROM stage_response r JOIN stage g ON g.id = r.stage_id"
    " JOIN submission s ON s.id = r.submission_id JOIN upload u ON u.response_id = r.id"
    " GROUP BY r.id, g.id, s.id HAVING g.kind <> 'upload' OR count(*) > (g.setup ->> 'most')::int"
    " OR bool_or(u.person_id <> s.person_id)",
)
