-- Retention: drops the partition of a month whose events all belong to the retirement. The first call detaches the month ("detached"), and the second call drops it
-- ("retired"). Returns "held" if a hold covers an event, and "shared" if the month has other events. After "busy", readers block the month:
-- call again. Checks before it locks, and waits at most 50 ms for a lock at a time, so that writers wait no longer.
CREATE FUNCTION audit_retire_month(retirement uuid) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE
    chosen audit_retirement := audit_retirement_open(retirement);
    aside text := 'audit_retired_' || replace(retirement::text, '-', '');
    bounds record;
    leaves bigint := coalesce((SELECT max(index) FROM audit_leaf), -1);
    looked record;
  BEGIN
    IF audit_has_table(aside) THEN
      IF audit_has_table('audit_row_retired'::text) THEN
        EXECUTE format('
          INSERT INTO audit_row_retired AS known
            SELECT DISTINCT ON (said.schema_name, said.table_name, said.key)
                   said.schema_name, said.table_name, said.key, said.digest, said.is_gone, said.transaction, gone.id
              FROM %I gone, audit_row_stored_digests(gone.type, gone.details, gone.changes) said WHERE gone.category = ''data_change''
             ORDER BY said.schema_name, said.table_name, said.key, gone.id DESC
          ON CONFLICT (schema_name, table_name, key) DO UPDATE
            SET digest = excluded.digest, is_gone = excluded.is_gone, transaction = excluded.transaction, event_id = excluded.event_id
            WHERE known.event_id < excluded.event_id', aside);
        EXECUTE format('DELETE FROM audit_row_image image USING %I gone WHERE image.event_id = gone.id', aside);
      END IF;
      EXECUTE format('DROP TABLE %I', aside);
      UPDATE audit_retirement SET state = 'retired', retired_at = clock_timestamp() WHERE id = retirement;
      RETURN 'retired';
    END IF;
    SELECT * INTO bounds FROM audit_partition_bounds(chosen.partition);
    EXECUTE '
      SELECT count(*) FILTER (WHERE is_held) AS held, count(*) FILTER (WHERE NOT is_due OR NOT coalesce(is_meant, false)) AS others
        FROM (SELECT audit_is_due(event, $3, $4) AS is_due,
                     EXISTS (SELECT FROM audit_legal_hold hold WHERE audit_hold_covers(hold, event)) AS is_held,
                     (SELECT r.last_index >= leaf.index FROM audit_retired_range r
                       WHERE r.retirement_id = $5 AND r.first_index <= leaf.index ORDER BY r.first_index DESC LIMIT 1) AS is_meant
                FROM audit_event event
                LEFT JOIN LATERAL (SELECT index FROM audit_leaf WHERE event_id = event.id OFFSET 0) leaf ON true
               WHERE event.id >= $1 AND event.id < $2) looked'
      INTO looked USING bounds.lower_id, bounds.upper_id, chosen.policy::jsonb, chosen.as_of, retirement;
    IF looked.held > 0 THEN
      RETURN 'held';
    ELSIF looked.others > 0 THEN
      RETURN 'shared';
    END IF;
    EXECUTE format('GRANT DELETE ON %I TO CURRENT_USER', chosen.partition); -- what LOCK asks for
    FOR attempt IN 1..20 LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '50ms', true);
        EXECUTE format('LOCK TABLE %I IN SHARE MODE', chosen.partition);
        IF EXISTS (SELECT FROM audit_leaf WHERE index > leaves AND event_id >= bounds.lower_id AND event_id < bounds.upper_id) THEN
          RETURN 'shared';
        END IF;
        EXECUTE format('ALTER TABLE audit_event DETACH PARTITION %I', chosen.partition);
        -- A late event of the month finds its name free.
        EXECUTE format('ALTER TABLE %I RENAME TO %I', chosen.partition, aside);
        RETURN 'detached';
      EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
        PERFORM pg_sleep(0.25);
      END;
    END LOOP;
    RETURN 'busy';
  END $$;
