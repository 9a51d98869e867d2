import type { AuditInput, AuditSeverity } from '../../audit/nest-free.js';
import type { FoundAlert } from './correlate/correlate.js';
import type { Level } from './rules/rule.js';

export const ALERT_TYPES = {
  raised: 'alert_raised',
  /** A suppression withheld the alert. */
  withheld: 'alert_withheld',
  /** Somebody examines an alert. */
  acknowledged: 'alert_acknowledged',
  /** Somebody closed an alert with a verdict. */
  resolved: 'alert_resolved',
  /** Somebody suppressed the alerts of a rule, or of one group of the rule, until a time. */
  suppressionStarted: 'alert_suppression_started',
  /** Somebody ended a suppression early. */
  suppressionEnded: 'alert_suppression_ended',
} as const;
/** The name of the rules among the consumers of the log. */
export const WATCH_CONSUMER = 'watch';
/** The rule name of the alert that nobody signed a day off. */
export const OVERDUE = 'review_missing';
/** The resource type of events about a suppression. The resource id of such events is the id of the event that started the suppression. */
export const SUPPRESSION_RESOURCE = 'alert_suppression';
export const ALERT_CATEGORY = 'alert';
/** The resource type of events about an alert. The resource id of such events is the id of the alert's own event. */
export const ALERT_RESOURCE = 'audit_alert';

/** The states of an alert. Nobody was notified of a `suppressed` alert, so nobody needs to answer it. */
export const ALERT_STATES = ['open', 'acknowledged', 'resolved', 'suppressed'] as const;

/** The verdicts on an alert: an attack, a mistake of the rule, or a legitimate action that the rule detects. */
export const VERDICTS = ['true_positive', 'false_positive', 'benign'] as const;

const SEVERITIES: Readonly<Record<Level, AuditSeverity>> = {
  informational: 'info',
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
};

/** Builds the event of an alert, with the ids of the matched events. The group's values are personal, because a value may name a person. */
export function alertInput(
  { rule: { rule }, match }: Pick<FoundAlert, 'rule' | 'match'>,
  suppressionId?: string,
): AuditInput {
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
      ...(suppressionId !== undefined && { suppressionId }),
      ...(group.length > 0 && { group: Object.fromEntries(group) }),
      ...{ matched: [...match.ids], matchedCount: match.count, lastPlace: match.place },
      ...{ firstAt: new Date(match.from).toISOString(), lastAt: new Date(match.at).toISOString() },
    },
  };
}

/** Builds the event of the alert that nobody signed a day off. @param eventId the event that opened the review of the day */
export function overdueAlert(title: string, day: string, eventId: string): AuditInput {
  const level = 'medium';
  return {
    ...{ category: ALERT_CATEGORY, severity: SEVERITIES[level], actor: { type: 'system' } },
    resource: { type: 'audit_day', id: day },
    details: { rule: OVERDUE, title, level, tags: [], matched: [eventId], matchedCount: 1, day },
  };
}
