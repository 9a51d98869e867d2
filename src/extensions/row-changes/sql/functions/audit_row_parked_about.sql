-- Finds the next parked changes of earlier transactions that may concern a person, or contain one of the needles, as audit_events_naming()
-- searches for them.
-- "is_of": the person acted, or the row belongs to the person. An unreadable change is searched for the person's id as text.
CREATE FUNCTION audit_row_parked_about(subject text, needles text[], before xid8, after bigint, most integer)
RETURNS TABLE ("position" bigint, texts jsonb, is_of boolean) LANGUAGE sql STABLE AS $$
    SELECT found.position, found.texts, found.is_of
      FROM (SELECT p.position,
                   jsonb_build_array(p.source, CASE jsonb_typeof(p.origin) WHEN 'object' THEN p.origin - 'context' ELSE p.origin END, p.context, p.lines) AS texts,
                   (p.context #>> '{actor,id}' = subject OR p.context #>> '{actor,onBehalfOf,id}' = subject
                     OR p.source->>'resource' = 'user' AND subject = ANY (p.row_keys)
                     OR jsonb_typeof(p.lines) = 'string' AND strpos(p.lines #>> '{}', subject) > 0
                     OR jsonb_typeof(p.origin) = 'string' AND strpos(p.origin #>> '{}', subject) > 0) IS TRUE AS is_of
              FROM (SELECT c.position, c.source, c.row_keys, c.origin, audit_row_json(c.lines) AS lines,
                           audit_row_json(substr(c.origin->>'context', 69)) AS context
                      FROM audit_row_change_parked c WHERE c.transaction < before AND c.position > after OFFSET 0) p
            OFFSET 0) found
     WHERE found.is_of OR EXISTS (
       SELECT FROM unnest(needles) needle, CAST(found.texts AS text) texts
        WHERE octet_length(texts) > char_length(texts) OR strpos(lower(texts COLLATE "C"), needle) > 0)
     ORDER BY found.position LIMIT most
  $$;
