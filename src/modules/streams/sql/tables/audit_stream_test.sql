-- The newest test of a stream: the leader sends a test event, and writes down what the destination answered.
CREATE TABLE audit_stream_test (
  stream text PRIMARY KEY REFERENCES audit_stream ON DELETE CASCADE,
  id uuid NOT NULL,
  requested_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  answer jsonb,
  answered_at timestamptz(3)
);
