-- What the rules remember of matches that may count together with later ones: ids and digests, nothing that names a person.
CREATE TABLE audit_watch_group (
  -- A keyed digest of the rule and of what its matches have in common.
  key text COLLATE "C" PRIMARY KEY,
  rule text NOT NULL,
  state json NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  -- When something should have followed.
  due_at timestamptz(3)
) WITH (fillfactor = 60); -- most writes change a state alone, in the page where it is

CREATE INDEX audit_watch_group_expires ON audit_watch_group (expires_at);
CREATE INDEX audit_watch_group_due ON audit_watch_group (due_at) WHERE due_at IS NOT NULL;
