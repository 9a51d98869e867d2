import { randomUUID } from 'node:crypto';
import { EntitySchema } from 'typeorm';

const text = { type: 'text', nullable: true };
const json = { type: 'jsonb', nullable: true };

/**
 * The audit that a team would write itself: an entity on a table like the ledger's, with the same indexes and months. The database makes the
 * id, as with `@PrimaryGeneratedColumn('uuid')`, so that `save()` does not search for the row first.
 */
export const TeamAudit = new EntitySchema({
  name: 'TeamAudit',
  tableName: 'team_audit',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    schemaVersion: { name: 'schema_version', type: 'smallint' },
    occurredAt: { name: 'occurred_at', type: 'timestamptz' },
    type: { type: 'text' },
    action: { type: 'text' },
    outcome: { type: 'text' },
    category: { type: 'text' },
    severity: { type: 'text' },
    actorType: { name: 'actor_type', type: 'text' },
    actorId: { name: 'actor_id', ...text },
    actorName: { name: 'actor_name', ...text },
    sessionId: { name: 'session_id', ...text },
    tenantId: { name: 'tenant_id', ...text },
    resourceType: { name: 'resource_type', ...text },
    resourceId: { name: 'resource_id', ...text },
    requestId: { name: 'request_id', ...text },
    ip: { type: 'inet', nullable: true },
    userAgent: { name: 'user_agent', ...text },
    method: text,
    route: text,
    statusCode: { name: 'status_code', type: 'smallint', nullable: true },
    durationMs: { name: 'duration_ms', type: 'double precision', nullable: true },
    traceId: { name: 'trace_id', ...text },
    changes: json,
    reason: text,
    error: json,
    details: { type: 'jsonb' },
    metadata: { type: 'jsonb' },
  },
});

export const TEAM_COLUMNS = Object.entries(TeamAudit.options.columns).map(([property, { name }]) => name ?? property);

const STORED = Object.entries(TeamAudit.options.columns).filter(([property]) => property !== 'id');
const NAMES = TEAM_COLUMNS.filter((name) => name !== 'id').join(', ');
const placeholders = (suffix) => STORED.map(([, { type }], index) => `$${index + 1}::${type}${suffix}`).join(', ');

/** A prepared statement that inserts one row: its values are those of {@link valuesOfRow}. */
export const INSERT_ONE = { name: 'one', text: `INSERT INTO team_audit (${NAMES}) VALUES (${placeholders('')})` };

/** A prepared statement that inserts many rows: each of its values is a list. */
export const INSERT_MANY = {
  name: 'many',
  text: `INSERT INTO team_audit (${NAMES}) SELECT * FROM unnest(${placeholders('[]')})`,
};

/** Returns the values of a row in the order of the statements' columns. */
export function valuesOfRow(row) {
  return STORED.map(([property]) => {
    const value = row[property] ?? null;
    if (value instanceof Date) return value.toISOString();
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  });
}

/** Makes a row of the team's table, without its id. */
export function makeTeamRow({ actor, resource, request, details }) {
  return {
    schemaVersion: 1,
    occurredAt: new Date(),
    type: 'order_created',
    action: 'order_creation',
    outcome: 'success',
    category: 'order',
    severity: 'info',
    actorType: 'user',
    actorId: actor.id,
    actorName: actor.name,
    sessionId: actor.sessionId,
    tenantId: actor.tenantId,
    resourceType: resource.type,
    resourceId: resource.id,
    requestId: request.id ?? randomUUID(),
    ip: request.ip,
    userAgent: request.userAgent,
    method: request.method,
    route: request.route,
    statusCode: request.statusCode,
    durationMs: request.durationMs,
    details,
    metadata: {},
  };
}
