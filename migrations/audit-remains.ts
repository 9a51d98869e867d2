import { PERSONAL_BITS } from './audit-personal-columns.js';

/** What tells which fields, and which exports, hold something of events that were erased. */
export const REMAINS_FUNCTIONS = ['audit_fact_names(uuid[])', 'audit_exports_with(uuid, integer)'];

/** Columns, and the JSON Pointers of their values in the event. */
const POINTERS = {
  session_id: '/actor/sessionId',
  on_behalf_of: '/actor/onBehalfOf',
  actor_id: '/actor/id',
  tenant_id: '/tenantId',
  resource_type: '/resource/type',
  resource_id: '/resource/id',
  request_id: '/request/id',
  method: '/request/method',
  route: '/request/route',
  status_code: '/request/statusCode',
  duration_ms: '/request/durationMs',
  trace_id: '/request/traceId',
  reason: '/reason',
  details_issues: '/detailsIssues',
  personal_commitment: '/personal',
} as const;

/** Of every event. */
const ALWAYS = ['id', 'schemaVersion', 'occurredAt', 'type', 'action', 'outcome', 'category', 'severity', 'actor/type'];

/** The names of the fields of an object of JSON, behind a pointer; the pointer itself for another value. */
function namesIn(column: string, pointer: string): string {
  return `
      SELECT '${pointer}/' || replace(replace(key, '~', '~0'), '/', '~1')
        FROM jsonb_object_keys(CASE WHEN jsonb_typeof(${column}) = 'object' THEN ${column} ELSE '{}' END) AS key
      UNION ALL SELECT '${pointer}' WHERE jsonb_typeof(${column}) <> 'object'`;
}

function nameOf([column, pointer]: readonly [string, string]): string {
  const bit = Object.entries(PERSONAL_BITS).find(([name]) => name === column)?.[1];
  const isFact = bit === undefined ? '' : ` AND coalesce(e.personal_columns, 0) & ${bit} = 0`;
  return `CASE WHEN e.${column} IS NOT NULL${isFact} THEN '${pointer}' END`;
}

/**
 * The fields of events that are facts, as JSON Pointers, and how many of the events have each: of objects by the names of
 * their fields, one level deep.
 */
const FACT_NAMES = `
  CREATE FUNCTION audit_fact_names(event_ids uuid[]) RETURNS TABLE (name text, events bigint) LANGUAGE sql STABLE AS $$
    SELECT found.name, count(*) FROM audit_event e CROSS JOIN LATERAL (
      SELECT unnest(ARRAY[${ALWAYS.map((name) => `'/${name}'`).join(', ')},
        ${Object.entries(POINTERS).map(nameOf).join(',\n        ')},
        CASE WHEN e.truncated THEN '/truncated' END]) AS name
      UNION ALL${namesIn('e.details', '/details')}
      UNION ALL${namesIn('e.metadata', '/metadata')}
      UNION ALL${namesIn('e.changes', '/changes')}
      UNION ALL${namesIn('e.error', '/error')}
    ) found
    WHERE e.id = ANY (event_ids) AND found.name IS NOT NULL GROUP BY found.name
  $$`;

/**
 * The exports, newest first, that have events which an erasure erased: surely where the export has every event between its first
 * and its last, else perhaps. An export that did not say how it ended may have what was sealed before it began.
 */
const EXPORTS_WITH = `
  CREATE FUNCTION audit_exports_with(erasure uuid, most integer)
  RETURNS TABLE (export_id text, exported_at timestamptz, is_certain boolean) LANGUAGE sql STABLE AS $$
    WITH places AS MATERIALIZED (
      SELECT leaf.index FROM audit_erasure job
        JOIN audit_erased erased ON erased.act = ANY (job.acts)
        JOIN audit_leaf leaf ON leaf.event_id = erased.event_id
       WHERE job.id = erasure
    ), told AS (
      SELECT e.id, e.resource_id, e.occurred_at, e.outcome,
             CASE WHEN jsonb_typeof(e.details->'firstIndex') = 'number' THEN (e.details->'firstIndex')::numeric END AS first,
             CASE WHEN jsonb_typeof(e.details->'lastIndex') = 'number' THEN (e.details->'lastIndex')::numeric END AS last,
             CASE WHEN jsonb_typeof(e.details->'shown') = 'number' THEN (e.details->'shown')::numeric END AS shown
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
  $$`;

/** The statements that make {@link REMAINS_FUNCTIONS}. */
export const MAKE_REMAINS = [FACT_NAMES, EXPORTS_WITH];
