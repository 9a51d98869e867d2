import type { AuditOutcome, AuditSeverity } from '../../base/event/outcomes.js';
import { EVENT_TYPES, PERSONAL_DETAILS } from './catalogue.generated.js';
import type { DetailKind } from './check-details.js';
import type { KnownAction, ResolvedEventType } from './event-type.js';
import type { AuditEventDefinition } from './define-audit-events.js';

interface ListedEventType {
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  readonly severity?: AuditSeverity;
  readonly compliance?: readonly string[];
  readonly details?: Readonly<Record<string, readonly [DetailKind, ...string[]]>>;
}

const entries = Object.entries<ListedEventType | { readonly aliasOf: string }>(EVENT_TYPES);

export const ALWAYS_PERSONAL: ReadonlySet<string> = new Set(PERSONAL_DETAILS);

/** Each listed detail field, with its kind and its usual values. */
export const LISTED_DETAILS = entries.flatMap(([, entry]) =>
  'aliasOf' in entry ? [] : Object.entries(entry.details ?? {}),
);

export const LISTED_ALIASES: ReadonlyMap<string, string> = new Map(
  entries.flatMap(([name, entry]) => ('aliasOf' in entry ? [[name, entry.aliasOf] as const] : [])),
);

export const LISTED_TYPES: readonly ResolvedEventType[] = entries.flatMap(([type, entry]) => {
  if ('aliasOf' in entry) return [];
  const { action, outcome, category, severity, compliance = [], details: listed } = entry;
  const details = listed && { fields: new Map(Object.entries(listed).map(([name, [kind]]) => [name, kind])) };
  return [Object.freeze({ type, action, outcome, category, severity, compliance, personal: ALWAYS_PERSONAL, details })];
});

/** The listed actions, each with the category, the compliance tags and the details of all its event types. */
export const LISTED_ACTIONS: ReadonlyMap<string, KnownAction> = new Map(
  [...new Set(LISTED_TYPES.map(({ action }) => action))].map((name) => [name, actionOf(name)]),
);

function actionOf(name: string): KnownAction {
  const types = LISTED_TYPES.filter(({ action }) => action === name);
  const rules = types.map(({ details }) => (details && 'fields' in details ? details.fields : undefined));
  const lists = rules.filter((fields) => fields !== undefined);
  return Object.freeze({
    category: types[0]?.category ?? '',
    compliance: [...new Set(types.flatMap(({ compliance }) => compliance))],
    details: lists.length < rules.length ? undefined : { fields: new Map(lists.flatMap((fields) => [...fields])) },
  });
}

const CATEGORY = 'data_change';

export const ROW_CHANGE_TYPES: readonly AuditEventDefinition[] = [
  { name: 'row_inserted', action: 'row_insertion', outcome: 'success', category: CATEGORY },
  { name: 'row_updated', action: 'row_update', outcome: 'success', category: CATEGORY },
  { name: 'row_deleted', action: 'row_deletion', outcome: 'success', category: CATEGORY },
  { name: 'table_truncated', action: 'table_truncation', outcome: 'success', category: CATEGORY, severity: 'warning' },
  {
    name: 'row_changed_externally',
    action: 'external_row_change',
    outcome: 'success',
    category: CATEGORY,
    severity: 'warning',
  },
];
