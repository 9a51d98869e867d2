-- Searches the next events between two ids, and their separate images, for texts that contain one of the needles, which are in lower case.
-- Returns the events that may contain a needle: also all with a character beyond ASCII, whose spellings only the caller knows. Always returns
-- the last event that it read, after which the caller resumes. Returns at most 4 MiB, because the caller's objects take twenty times the
-- bytes of the JSON.
CREATE FUNCTION audit_events_naming(needles text[], after uuid, until uuid, most integer)
RETURNS TABLE (id uuid, type text, actor_id text, on_behalf_of text, resource_type text, resource_id text, related json,
  personal jsonb, facts jsonb, is_held boolean)
LANGUAGE sql STABLE AS $$
    WITH page AS MATERIALIZED (
      SELECT e.id, e.type, e.actor_id, e.on_behalf_of->>'id' AS on_behalf_of, e.resource_type, e.resource_id, e.related,
             CASE WHEN e.personal_salt IS NOT NULL
                  THEN jsonb_build_array(personal, {{personalValues}},
                    CASE WHEN e.category = 'data_change' THEN audit_images_about(e.id) END)
                  END AS personal,
             jsonb_build_array({{factValues}}) AS facts,
             EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e)) AS is_held
        FROM audit_event e WHERE e.id > after AND e.id < until ORDER BY e.id LIMIT most
    ), read AS (
      SELECT page.*, texts, octet_length(texts) AS size FROM page, concat(page.personal::text, page.facts::text) texts
    ), sized AS (
      SELECT read.*, sum(read.size) OVER (ORDER BY read.id) AS bytes, row_number() OVER (ORDER BY read.id) AS nth FROM read
    ), marked AS (
      SELECT sized.*, row_number() OVER (ORDER BY sized.id DESC) = 1 AS is_last FROM sized WHERE sized.bytes <= 4194304 OR sized.nth = 1
    )
    SELECT marked.id, marked.type, marked.actor_id, marked.on_behalf_of, marked.resource_type, marked.resource_id, marked.related,
           marked.personal, marked.facts, marked.is_held
      FROM marked
     WHERE is_last OR size > char_length(texts) OR EXISTS (SELECT FROM unnest(needles) needle WHERE strpos(lower(texts COLLATE "C"), needle) > 0)
     ORDER BY marked.id
  $$;
