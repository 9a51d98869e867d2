-- Returns the next events by or about a person between two ids, each once, with the first reason for the match. Skips the events of the
-- person's earlier erasures, because they contain no personal value, and someone else requested those erasures.
CREATE FUNCTION audit_events_about(subject text, after uuid, until uuid, most integer)
RETURNS TABLE (id uuid, relation text, is_personal boolean, is_held boolean) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (found.id) found.id, found.relation, found.is_personal, found.is_held FROM (
      (SELECT e.id, 1 AS nth, 'actor' AS relation, e.personal_salt IS NOT NULL AS is_personal,
              EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e)) AS is_held
         FROM audit_event e WHERE e.actor_id = subject AND e.id > after AND e.id < until ORDER BY e.id LIMIT most)
      UNION ALL
      (SELECT e.id, 2, 'onBehalfOf', e.personal_salt IS NOT NULL,
              EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e))
         FROM audit_event e
        WHERE e.on_behalf_of_id = subject AND e.id > after AND e.id < until
        ORDER BY e.id LIMIT most)
      UNION ALL
      (SELECT e.id, 3, 'resource', e.personal_salt IS NOT NULL,
              EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e))
         FROM audit_event e
        WHERE e.resource_type = 'user' AND e.resource_id = subject AND e.type <> 'audit_subject_erased'
          AND e.id > after AND e.id < until
        ORDER BY e.id LIMIT most)
      UNION ALL
      (SELECT e.id, 4, 'related', e.personal_salt IS NOT NULL,
              EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, e))
         FROM audit_event e
        WHERE {{isRelatedUser}} AND e.id > after AND e.id < until
        ORDER BY e.id LIMIT most)
    ) found
    ORDER BY found.id, found.nth LIMIT most
  $$;
