import type { AuditInput, AuditSeverity } from '../../audit/nest-free.js';
import type { FoundAlert } from './correlate/correlate.js';
import type { Level } from './rules/rule.js';

export const ALERT_RAISED = 'alert_raised';
const ALERT_CATEGORY = 'alert';
/** The name of the rules among the consumers of the log. */
export const WATCH_CONSUMER = 'watch';

const SEVERITIES: Readonly<Record<Level, AuditSeverity>> = {
  informational: 'info',
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
};

/** Builds the event of an alert, with the ids of the matched events. The group's values are personal, because a value may name a person. */
export function alertInput({ rule: { rule }, match }: Pick<FoundAlert, 'rule' | 'match'>): AuditInput {
  const { name, id, title, level, tags, groupBy, acrossTenants } = rule;
  const group = groupBy.flatMap((field): [string, string][] => {
    const value = match.values[field];
    return typeof value === 'string' ? [[field, value]] : [];
  });
  const actorId = groupBy.length === 1 && groupBy[0] === 'actorId' ? match.values.actorId : undefined;
  return {
    category: ALERT_CATEGORY,
    severity: SEVERITIES[level],
    actor: { type: 'system' },
    ...(match.tenantId !== null && !acrossTenants && { tenantId: match.tenantId }),
    ...(typeof actorId === 'string' && { resource: { type: 'user', id: actorId } }),
    details: {
      ...{ rule: name, title, level, tags: [...tags] },
      ...(id !== undefined && { ruleId: id }),
      ...(group.length > 0 && { group: Object.fromEntries(group) }),
      ...{ matched: [...match.ids], matchedCount: match.count, lastPlace: match.place },
      ...{ firstAt: new Date(match.from).toISOString(), lastAt: new Date(match.at).toISOString() },
    },
  };
}
