import type { ComplianceTags } from '../../query/compliance-tags.js';
import { choice, flag, group, json, text, type RowMember } from './row-json.js';

/** The members of an event as JSON Lines has it, in their order: as the API shows it, made of the bytes of a row. */
export function eventMembers(tags: ComplianceTags): readonly RowMember[] {
  return [...OWN_MEMBERS, complianceMember(tags)];
}

/** The compliance tags of the row's action; left out where it has none. */
export function complianceMember(tags: ComplianceTags): RowMember {
  return choice('compliance', 'action', Object.fromEntries(tags));
}

const OWN_MEMBERS: readonly RowMember[] = [
  text('id', 'id'),
  json('schemaVersion', 'schema_version'),
  text('occurredAt', 'occurred_at'),
  text('type', 'type'),
  text('action', 'action'),
  text('outcome', 'outcome'),
  text('category', 'category'),
  text('severity', 'severity'),
  group('actor', [
    text('type', 'actor_type'),
    text('id', 'actor_id'),
    text('name', 'actor_name'),
    text('sessionId', 'session_id'),
    json('onBehalfOf', 'on_behalf_of'),
  ]),
  text('tenantId', 'tenant_id'),
  group('resource', [text('type', 'resource_type'), text('id', 'resource_id')]),
  group('request', [
    text('id', 'request_id'),
    text('method', 'method'),
    text('route', 'route'),
    json('statusCode', 'status_code'),
    json('durationMs', 'duration_ms'),
    text('traceId', 'trace_id'),
    text('ip', 'ip'),
    text('userAgent', 'user_agent'),
  ]),
  json('changes', 'changes'),
  text('reason', 'reason'),
  json('error', 'error'),
  json('details', 'details'),
  json('detailsIssues', 'details_issues'),
  json('metadata', 'metadata'),
  flag('truncated', 'truncated'),
  json('index', 'index'),
];
