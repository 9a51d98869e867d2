-- The erased events, each with the number of the signed act that erased it. The rows name no person.
CREATE TABLE audit_erased (
  event_id uuid NOT NULL,
  act bigint NOT NULL,
  PRIMARY KEY (event_id, act)
);
CREATE INDEX audit_erased_act ON audit_erased (act);
