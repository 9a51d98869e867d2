import type { Alert, AlertWithEvents } from '../modules/watch/alerts/alert.dto.js';
import type { Suppression } from '../modules/watch/alerts/suppression.dto.js';

export function describeAlert(alert: Alert): string {
  const { id, state, level, rule, title, raisedAt, matchedCount, tenantId, acknowledged, resolved } = alert;
  const answer = resolved ?? acknowledged;
  const done = answer
    ? `; ${resolved ? `resolved as ${resolved.verdict}` : 'acknowledged'} by ${answer.by.id ?? answer.by.type} at ${answer.at}`
    : '';
  const comment = answer?.comment === undefined ? '' : `: ${answer.comment}`;
  const of = tenantId === undefined ? '' : ` tenant=${tenantId}`;
  return `${id}  ${state}  ${level}  ${rule}  ${raisedAt}${of}  ${title}, ${matchedCount} ${matchedCount === 1 ? 'event' : 'events'}${groupOf(alert)}${done}${comment}`;
}

export function describeWithEvents(alert: AlertWithEvents): readonly string[] {
  const events = alert.events.map(({ occurredAt, id, type, actor, request }) => {
    const from = request?.ip === undefined ? '' : ` from ${request.ip}`;
    return `  ${occurredAt}  ${id}  ${type}  ${actor.id ?? actor.type}${from}`;
  });
  return [describeAlert(alert), ...events];
}

export function describeSuppression(suppression: Suppression): string {
  const { id, isActive, rule, tenantId, until, reason = '', startedBy, endedAt, endedBy, suppressed } = suppression;
  const of = tenantId === undefined ? '' : ` tenant=${tenantId}`;
  const end = endedAt === undefined ? '' : `, ended ${endedAt} by ${endedBy?.id ?? ''}`;
  return `${id}  ${isActive ? 'active' : 'over'}  ${rule}${groupOf(suppression)}${of}  until ${until} by ${startedBy.id ?? startedBy.type}${end}, ${suppressed} suppressed: ${reason}`;
}

function groupOf({ group = {} }: { readonly group?: Readonly<Record<string, string>> | undefined }): string {
  const pairs = Object.entries(group).map(([field, value]) => `${field}=${value}`);
  return pairs.length === 0 ? '' : ` (${pairs.join(', ')})`;
}
