/**
 * The columns of `audit_event` whose values are facts in one event and personal in another, each with its bit in the column
 * `personal_columns`: an id of no known shape, a reason that is no known word.
 */
export const PERSONAL_BITS = {
  actor_id: 1,
  session_id: 2,
  on_behalf_of: 4,
  resource_id: 8,
  request_id: 16,
  trace_id: 32,
  reason: 64,
} as const;
