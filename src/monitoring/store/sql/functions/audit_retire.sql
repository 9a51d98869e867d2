-- Retention: deletes (purges) the next expired events of a retirement. Skips events that are held or not due. Reads at most the given number of leaves. is_done: no
-- leaf is left to read. Then held is the number of skipped events.
CREATE FUNCTION audit_retire(retirement uuid, most integer)
RETURNS TABLE (removed bigint, is_done boolean, held bigint) LANGUAGE plpgsql AS $$
  DECLARE
    chosen audit_retirement := audit_retirement_open(retirement);
    ids uuid[];
    due uuid[];
    through bigint;
  BEGIN
    SELECT array_agg(place.event_id), max(place.index) INTO ids, through FROM (
      SELECT leaf.index, leaf.event_id
        FROM (SELECT greatest(first_index, chosen.retired_through + 1) AS first_index, last_index FROM audit_retired_range
               WHERE retirement_id = retirement AND last_index > chosen.retired_through
               ORDER BY first_index LIMIT most) r
        JOIN audit_leaf leaf ON leaf.index BETWEEN r.first_index AND least(r.last_index, r.first_index + most - 1)
       ORDER BY leaf.index LIMIT most) place;
    IF ids IS NULL THEN
      SELECT 0, true, count(event.id) INTO removed, is_done, held
        FROM audit_retired_range r
        JOIN audit_leaf leaf ON leaf.index BETWEEN r.first_index AND r.last_index
        JOIN audit_event event ON event.id = leaf.event_id
       WHERE r.retirement_id = retirement;
      UPDATE audit_retirement
         SET retired_through = -1, state = CASE held WHEN 0 THEN 'retired' ELSE state END,
             retired_at = CASE held WHEN 0 THEN clock_timestamp() END
       WHERE id = retirement;
      RETURN NEXT;
      RETURN;
    END IF;
    -- No hold comes before the transaction ends, and nothing else that this looks at changes.
    SELECT array_agg(event.id) INTO due FROM audit_event event
     WHERE event.id = ANY (ids) AND audit_is_due(event, chosen.policy::jsonb, chosen.as_of)
       AND NOT EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event));
    IF audit_has_table('audit_row_retired'::text) THEN
      INSERT INTO audit_row_retired AS known
        SELECT DISTINCT ON (said.schema_name, said.table_name, said.key)
               said.schema_name, said.table_name, said.key, said.digest, said.is_gone, said.transaction, gone.id
          FROM audit_event gone, audit_row_stored_digests(gone.type, gone.details, gone.changes) said
         WHERE gone.id = ANY (due) AND gone.category = 'data_change'
         ORDER BY said.schema_name, said.table_name, said.key, gone.id DESC
      ON CONFLICT (schema_name, table_name, key) DO UPDATE
        SET digest = excluded.digest, is_gone = excluded.is_gone, transaction = excluded.transaction, event_id = excluded.event_id
        WHERE known.event_id < excluded.event_id;
      DELETE FROM audit_row_image image WHERE image.event_id = ANY (due);
    END IF;
    PERFORM set_config('audit.act', 'retire', true); -- not by SET of the function, which only a superuser may write
    DELETE FROM audit_event event WHERE event.id = ANY (due);
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('audit.act', '', true);
    UPDATE audit_retirement SET retired_through = through WHERE id = retirement;
    is_done := false;
    RETURN NEXT;
  END $$;
