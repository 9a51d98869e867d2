-- The legal holds. A hold covers the events that match all conditions of the hold. Signed acts state the placement and the release.
CREATE TABLE audit_legal_hold (
  id uuid PRIMARY KEY,
  placed_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  placed_by text NOT NULL,
  reason text NOT NULL,
  until timestamptz(3),
  tenant_id text,
  actor_id text,
  resource_type text,
  resource_id text,
  occurred_from timestamptz(3),
  occurred_to timestamptz(3),
  released_at timestamptz(3),
  released_by text,
  release_reason text,
  placed_act text,
  released_act text,
  CHECK (num_nonnulls(tenant_id, actor_id, resource_type, occurred_from, occurred_to) > 0),
  CHECK (resource_id IS NULL OR resource_type IS NOT NULL)
);
