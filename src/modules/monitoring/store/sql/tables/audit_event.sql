-- The events, one partition a month. The partition key is the UUIDv7 id itself: its first 48 bits are the millisecond at
-- which the event was accepted. No default partition exists.
-- audit_event_enqueue() limits the content of a row.
-- json, not jsonb: json preserves the sealed text byte for byte, and costs less to store.
CREATE TABLE audit_event (
{{columns}},
  -- For its index: by an expression over JSON, which is not leakproof, PostgreSQL searches no index for whom row-level security holds.
  on_behalf_of_id text GENERATED ALWAYS AS (on_behalf_of->>'id') STORED,
  personal_columns smallint,
  personal json,
  personal_salt bytea,
  personal_commitment bytea,
  leaf_hash bytea NOT NULL
) PARTITION BY RANGE (id);

-- Ascending, although pages are read newest first: new ids are then added at the end, and index pages stay full.
CREATE INDEX audit_event_tenant ON audit_event (tenant_id, id);
CREATE INDEX audit_event_actor ON audit_event (actor_id, id);
CREATE INDEX audit_event_resource ON audit_event (resource_type, resource_id, id);
CREATE INDEX audit_event_type ON audit_event (type, outcome, id);
CREATE INDEX audit_event_request ON audit_event (request_id);
-- Without the id: the entries of one session or trace then share one key of a few bytes.
CREATE INDEX audit_event_session ON audit_event (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX audit_event_trace ON audit_event (trace_id) WHERE trace_id IS NOT NULL;

-- Rows whose key changed. Few events have such a key, so the index is small.
CREATE INDEX audit_event_rekeyed ON audit_event (resource_type, resource_id, id)
  WHERE type IN ('row_updated', 'row_changed_externally') AND details->>'rekeyedFrom' IS NOT NULL;

-- Few events have a value, so the index is small.
CREATE INDEX audit_event_on_behalf_of ON audit_event (on_behalf_of_id, id) WHERE on_behalf_of_id IS NOT NULL;

ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
