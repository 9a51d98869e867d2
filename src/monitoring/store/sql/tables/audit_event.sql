-- The events, with one partition for each month. The partition key is the UUIDv7 id: its first 48 bits are the millisecond at which the
-- event was accepted. No default partition exists. Only the sealer adds rows, and it has checked them. json, not jsonb: json preserves the
-- sealed text byte for byte, and costs less to store.
CREATE TABLE audit_event (
{{columns}},
  -- Has its own index. An expression over JSON is not leakproof, so PostgreSQL would not use its index where row-level security applies.
  on_behalf_of_id text GENERATED ALWAYS AS (on_behalf_of->>'id') STORED,
  personal_columns smallint,
  personal json,
  personal_salt bytea,
  personal_commitment bytea,
  leaf_hash bytea NOT NULL
) PARTITION BY RANGE (id);

-- These indexes are ascending, although queries read newest first. So new ids are added at the end, and index pages stay full.
CREATE INDEX audit_event_tenant ON audit_event (tenant_id, id);
CREATE INDEX audit_event_actor ON audit_event (actor_id, id);
CREATE INDEX audit_event_resource ON audit_event (resource_type, resource_id, id);
CREATE INDEX audit_event_type ON audit_event (type, outcome, id);
CREATE INDEX audit_event_request ON audit_event (request_id);
-- These indexes omit the id, so that all entries of one session, trace or credential share one key of a few bytes.
CREATE INDEX audit_event_session ON audit_event (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX audit_event_trace ON audit_event (trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX audit_event_credential ON audit_event (credential_id) WHERE credential_id IS NOT NULL;

-- For row changes that changed the row's key. Few events do, so the index is small.
CREATE INDEX audit_event_rekeyed ON audit_event (resource_type, resource_id, id)
  WHERE type IN ('row_updated', 'row_changed_externally') AND details->>'rekeyedFrom' IS NOT NULL;

-- Few events have a value in on_behalf_of_id, so the index is small.
CREATE INDEX audit_event_on_behalf_of ON audit_event (on_behalf_of_id, id) WHERE on_behalf_of_id IS NOT NULL;

-- For events with related resources: few have any.
CREATE INDEX audit_event_related ON audit_event (id) WHERE related IS NOT NULL;

ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
