-- The size of the log, in one row. Each seal moves the size on, only from the size that the leader knows, so two leaders cannot both add
-- leaves. The newest checkpoint has the size `signed`: up to the next signature, the log can have more leaves. `writer_keys` identifies the
-- keys whose signatures on rows of the inbox the leader accepts, the newest first. It is empty until the first start. `own_types` has the
-- application's own event types, without schemas, for commands.
CREATE TABLE audit_head (
  size bigint NOT NULL CHECK (size >= signed),
  signed bigint NOT NULL CHECK (signed >= 0),
  sealed_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  writer_keys text[] NOT NULL DEFAULT '{}',
  own_types jsonb,
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only)
);
INSERT INTO audit_head (size, signed) VALUES (0, 0);
