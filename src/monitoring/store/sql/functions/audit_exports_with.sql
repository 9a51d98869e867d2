-- Returns the exports that may contain events which the given acts erased, newest first. is_certain: the export has every event from its
-- first to its last. An export without a recorded end may contain any event that was sealed before the export began.
CREATE FUNCTION audit_exports_with(acts bigint[], most integer)
RETURNS TABLE (export_id text, exported_at timestamptz, is_certain boolean) LANGUAGE sql STABLE AS $$
    WITH places AS MATERIALIZED (
      SELECT leaf.index FROM audit_erased erased JOIN audit_leaf leaf ON leaf.event_id = erased.event_id
       WHERE erased.act = ANY (acts)
    ), told AS (
      SELECT e.id, e.resource_id, e.occurred_at, e.outcome,
             CASE WHEN json_typeof(e.details->'firstIndex') = 'number' THEN (e.details->>'firstIndex')::numeric END AS first,
             CASE WHEN json_typeof(e.details->'lastIndex') = 'number' THEN (e.details->>'lastIndex')::numeric END AS last,
             CASE WHEN json_typeof(e.details->'shown') = 'number' THEN (e.details->>'shown')::numeric END AS shown
        FROM audit_event e WHERE e.resource_type = 'audit_export' AND e.resource_id IS NOT NULL
    ), exports AS (
      SELECT * FROM told WHERE outcome IN ('success', 'partial') AND last IS NOT NULL
      UNION ALL
      SELECT begun.id, begun.resource_id, begun.occurred_at, begun.outcome, 0, leaf.index, NULL
        FROM told begun JOIN audit_leaf leaf ON leaf.event_id = begun.id
       WHERE begun.outcome = 'attempted' AND NOT EXISTS (
         SELECT FROM told ended WHERE ended.resource_id = begun.resource_id AND ended.outcome <> 'attempted')
    )
    SELECT exports.resource_id, exports.occurred_at, coalesce(shown = last - first + 1, false)
      FROM exports WHERE EXISTS (SELECT FROM places WHERE index BETWEEN first AND last)
     ORDER BY exports.id DESC LIMIT most
  $$;
