-- The states of groups: matches that may count together with later matches, as ids and digests. The states do not name persons.
CREATE TABLE audit_watch_group (
  -- A keyed digest of the rule and the shared values of its matches.
  key text COLLATE "C" PRIMARY KEY,
  rule text NOT NULL,
  state json NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  -- The time until which an event must follow a match.
  due_at timestamptz(3)
) WITH (fillfactor = 60); -- most updates change only a state, and stay in their page

CREATE INDEX audit_watch_group_expires ON audit_watch_group (expires_at);
CREATE INDEX audit_watch_group_due ON audit_watch_group (due_at) WHERE due_at IS NOT NULL;
