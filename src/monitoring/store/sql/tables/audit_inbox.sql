-- The events that wait to be sealed. Each row has some events of one writer: one line of JSON an event. The line has the event and the
-- pointers of its personal values. A writer gives only version, seed, mac and the lines, as a text or compressed: the other columns tell the
-- sealer which rows it has not seen yet, and their order. A later version of the lines comes with a migration, which changes the check of
-- the version.
CREATE TABLE audit_inbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  stored_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  version smallint NOT NULL CHECK (version = 1),
  seed bytea NOT NULL CHECK (octet_length(seed) = 16),
  mac bytea CHECK (octet_length(mac) = 32),
  body text CHECK (octet_length(body) <= 2097152),
  -- The body, compressed by Brotli, with its size and its number of lines. What no writer packed is parked as base64, which must fit a body again.
  packed bytea CHECK (octet_length(packed) <= 1572864),
  bytes integer CHECK (bytes BETWEEN 1 AND 2097152),
  lines smallint CHECK (lines >= 1),
  events integer GENERATED ALWAYS AS (coalesce(lines, 1 + octet_length(body) - octet_length(replace(body, E'\n', '')))) STORED
    CHECK (events <= 1000),
  CHECK (num_nulls(body, packed) = 1 AND num_nulls(packed, bytes, lines) IN (0, 3))
) WITH (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 20000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000,
  autovacuum_vacuum_cost_delay = 0);
-- Without compression by the server, which costs more than the disk that it saves for a second.
ALTER TABLE audit_inbox ALTER body SET STORAGE EXTERNAL, ALTER packed SET STORAGE EXTERNAL;
CREATE INDEX audit_inbox_transaction ON audit_inbox (transaction);
