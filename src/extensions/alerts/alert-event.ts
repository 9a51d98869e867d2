import { buildOwnEvent, type AuditEvent, type AuditSeverity } from '../../audit/nest-free.js';
import type { FoundAlert } from './find-alerts.js';
import type { Level } from './rules/rule.js';

export const ALERT_RAISED = 'alert_raised';

const SEVERITIES: Readonly<Record<Level, AuditSeverity>> = {
  informational: 'info',
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
};

/** Builds the event of an alert, with the ids of the matched events. The group's values are personal, because a value may name a person. */
export function buildAlertEvent({ rule, tenantId, group, ids, count, firstAt, lastAt }: FoundAlert): AuditEvent {
  const { name, id, title, level, tags, groupBy } = rule;
  const values = Object.fromEntries(groupBy.map((field, nth) => [field, group[nth]]));
  const actorId = groupBy.length === 1 ? values.actorId : undefined;
  return buildOwnEvent(ALERT_RAISED, {
    category: 'alert',
    severity: SEVERITIES[level],
    actor: { type: 'system' },
    ...(tenantId !== null && { tenantId }),
    ...(actorId !== undefined && { resource: { type: 'user', id: actorId } }),
    details: {
      ...{ rule: name, title, level, tags: [...tags] },
      ...(id !== undefined && { ruleId: id }),
      ...(groupBy.length > 0 && { group: values }),
      ...{ matched: [...ids], matchedCount: count },
      ...{ firstAt: firstAt.toISOString(), lastAt: lastAt.toISOString() },
    },
  });
}
