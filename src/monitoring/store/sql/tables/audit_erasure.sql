-- The parts of erasures that acts must not contain, because acts stay. A row alone has no effect: the signed act whose number is in the
-- column act requests the erasure, and the row must match it. identifiers and salt are deleted when the erasure is complete. progress and
-- certificate are notes that the ledger's key signed. problem is a text for people.
CREATE TABLE audit_erasure (
  id uuid PRIMARY KEY,
  subject text NOT NULL,
  identifiers text[],
  salt bytea,
  requested_by jsonb NOT NULL,
  reason text NOT NULL,
  act bigint NOT NULL,
  progress text,
  certificate text,
  problem text
);
CREATE INDEX audit_erasure_subject ON audit_erasure (subject);
