-- What the acts of erasures may not say, since acts stay. Nothing here is an order: an erasure is carried out by the signed act
-- that requested it, which has the number in act, and is held against it. identifiers, salt: kept until it is done. progress,
-- certificate: notes that the ledger's key signed. problem: for people.
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
