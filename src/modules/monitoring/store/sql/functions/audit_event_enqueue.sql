-- Queues the events that a statement added, within that statement: an event waits for its place exactly if it is stored.
-- It runs with the owner's rights, so a login that may only add events needs no right on the queue.
CREATE FUNCTION audit_event_enqueue() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO audit_unsequenced (event_ids, leaf_hashes)
      SELECT array_agg(id ORDER BY id), array_agg(leaf_hash ORDER BY id) FROM stored HAVING count(*) > 0;
    RETURN NULL;
  END $$;
