-- Queues the events that a statement added, within that statement. So exactly the stored events wait to be sealed. Refuses the statement if
-- an event exceeds the limits of the ledger's writer, because no login may add unreadable events. The limits are not table constraints,
-- because the server would prepare each constraint again for every statement. This function runs with the owner's rights, so a login that
-- may only add events needs no right on the queue. Removes a row that has the id of a retired event.
CREATE FUNCTION audit_event_enqueue() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    ids uuid[];
    hashes bytea[];
    again uuid[];
    wrong text;
  BEGIN
    SELECT array_agg(id ORDER BY id), array_agg(leaf_hash ORDER BY id), min(CASE
        WHEN occurred_at NOT BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00' THEN 'occurred_at'
        WHEN type !~ '^[a-z][a-z0-9_.:-]*$' THEN 'type'
        WHEN action !~ '^[a-z][a-z0-9_.:-]*$' THEN 'action'
        {{words}}
        WHEN duration_ms NOT BETWEEN '-1e300' AND '1e300' THEN 'duration_ms'
        WHEN personal_columns <= 0 THEN 'personal_columns'
        -- Erasures find what is personal by its salt.
        WHEN octet_length(personal_salt) <> 16 OR personal_salt IS NULL
          AND num_nonnulls(personal, personal_columns, {{personal}}) > 0 THEN 'personal_salt'
        WHEN octet_length(personal_commitment) <> 32 THEN 'personal_commitment'
        WHEN octet_length(leaf_hash) <> 32 THEN 'leaf_hash'
        WHEN resource_type IS NULL AND resource_id IS NOT NULL THEN 'resource_type'
        WHEN json_typeof(on_behalf_of) <> 'object' OR on_behalf_of IS NOT NULL AND (json_typeof(on_behalf_of->'type') = 'string'
          AND json_typeof(on_behalf_of->'id') = 'string') IS NOT TRUE THEN 'on_behalf_of'
        WHEN json_typeof(changes) <> 'object' THEN 'changes'
        WHEN json_typeof(error) <> 'object' OR json_typeof(error->'name') <> 'string' OR json_typeof(error->'code') <> 'string'
          OR json_typeof(error->'message') <> 'string' THEN 'error'
        WHEN json_typeof(details) <> 'object' THEN 'details'
        WHEN json_typeof(details_issues) <> 'array' OR jsonb_path_exists(details_issues::jsonb, '$[*] ? (@.type() != "object"
          || !exists(@.message ? (@.type() == "string")) || exists(@.path ? (@.type() != "string")))') THEN 'details_issues'
        WHEN json_typeof(metadata) <> 'object' THEN 'metadata'
        WHEN json_typeof(personal) <> 'object' THEN 'personal'
        -- Each has 65,535 bytes at most, but the personal part, which has 262,144.
        WHEN octet_length(texts) > 524288 THEN 'text'
        WHEN octet_length(objects) > 524288 THEN 'JSON'
        -- More levels exhaust the stack of whoever reads them. With fewer brackets there are fewer.
        WHEN (objects LIKE repeat('%{', 64) || '%' OR objects LIKE repeat('%[', 64) || '%') AND jsonb_path_exists(
          jsonb_build_array({{objects}}, personal), 'strict $.**{128}') THEN 'JSON'
        -- Half a surrogate pair, and numbers with more than 16,383 digits: this fails with what is wrong.
        WHEN (octet_length(objects) > 15000 OR objects ~ '\\u|[eE][-+]?[0-9]{4}')
          AND jsonb_build_array({{objects}}, personal) IS NULL THEN 'JSON'
      END)
      INTO ids, hashes, wrong
      FROM (SELECT *, concat({{objects}}, personal) AS objects,
                   concat({{texts}}) AS texts FROM stored OFFSET 0) AS event;
    IF wrong IS NOT NULL THEN
      RAISE EXCEPTION 'Cannot add an event: its % is not within the limits of the ledger.', wrong USING
        ERRCODE = 'check_violation', TABLE = 'audit_event', CONSTRAINT = 'audit_event_' || wrong || '_limit',
        HINT = 'Record it by the application, which cuts what is too large.';
    END IF;
    -- The id of a retired event has a leaf already, so a later row would be taken for that event. A retired event is at least a day old.
    IF ids[1] < audit_event_first_id(clock_timestamp() - interval '12 hours') THEN
      SELECT array_agg(event_id) INTO again FROM audit_leaf WHERE event_id = ANY (ids);
      IF again IS NOT NULL THEN
        PERFORM set_config('audit.act', 'retire', true);
        DELETE FROM audit_event event WHERE event.id = ANY (again);
        PERFORM set_config('audit.act', '', true);
        SELECT array_agg(id ORDER BY id), array_agg(hash ORDER BY id) INTO ids, hashes
          FROM unnest(ids, hashes) AS added (id, hash) WHERE id <> ALL (again);
      END IF;
    END IF;
    -- Otherwise, a crash of the server could lose events whose commit was acknowledged. For the rest of the transaction.
    IF current_setting('synchronous_commit') = 'off' THEN
      PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    -- As many as the sequencer seals at once, whatever a statement added.
    INSERT INTO audit_unsequenced (event_ids, leaf_hashes)
      SELECT ids[first:first + 4095], hashes[first:first + 4095] FROM generate_series(1, cardinality(ids), 4096) AS first ORDER BY first;
    RETURN NULL;
  END $$;
