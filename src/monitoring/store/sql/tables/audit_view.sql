-- Queries that readers saved. A view belongs to a person, and to the access that the person had: all events, some tenants, or own events.
-- Other readers who have this access see a shared view. An erasure of a view's owner, or of a person in the query, deletes the view.
CREATE TABLE audit_view (
  id uuid PRIMARY KEY,
  owner_id text NOT NULL,
  scope text NOT NULL,
  -- The ids of the tenants, in order; or the person's id.
  scope_of text[] NOT NULL,
  name text NOT NULL,
  query text NOT NULL,
  is_shared boolean NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (owner_id, scope, scope_of, name),
  CHECK (scope IN ('all', 'tenants', 'subject')),
  -- A shared view without a tenant would be visible to the readers of every tenant.
  CHECK (NOT is_shared OR scope = 'all' OR (scope = 'tenants' AND scope_of <> '{}')),
  CHECK (length(name) BETWEEN 1 AND 100),
  CHECK (length(query) <= 4000)
);

ALTER TABLE audit_view ENABLE ROW LEVEL SECURITY;
