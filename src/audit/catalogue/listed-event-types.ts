import { type AuditOutcome, type AuditSeverity, ACTOR_TYPES, OUTCOMES, SEVERITIES } from '../../base/event/outcomes.js';
import { EVENT_TYPES, PERSONAL_DETAILS, FACT_DETAILS } from './catalogue.generated.js';
import type { DetailKind, KnownAction, ResolvedEventType } from './event-type.js';
import type { AuditEventDefinition } from './define-audit-events.js';
import { createPersonalNameTest } from '../event/redaction/anonymize.js';
import { buildFactRules, type FactRules } from '../event/fact-rules.js';

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
const LISTED_DETAILS = entries.flatMap(([, entry]) => ('aliasOf' in entry ? [] : Object.entries(entry.details ?? {})));

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
  [...new Set(LISTED_TYPES.map(({ action }) => action))].map((name) => [name, getKnownAction(name)]),
);

function getKnownAction(name: string): KnownAction {
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

const OWN_REASONS = [
  'validation', 'forbidden', 'rate_limited', 'unauthenticated', 'unexpected_error', 'guard_error', 'denied_by_guard',
  'outcome_unknown', 'retention', 'provider_threw', 'provider_async',
  'provider_not_an_object', 'actor', 'tenant', 'reason_missing', 'actor_missing', 'tenant_missing', 'actor_and_tenant_missing', 'all', 'tenants', 'subject', 'jsonl', 'ocsf', 'cloudevents', 'GET', 'HEAD', 'POST', 'PUT',
  'PATCH', 'DELETE', 'OPTIONS', 'add', 'remove', 'replace', 'move', 'copy', 'test',
]; // prettier-ignore

const KNOWN_WORDS: readonly string[] = [
  ...LISTED_DETAILS.flatMap(([, [, ...words]]) => words),
  ...[...OUTCOMES, ...SEVERITIES, ...ACTOR_TYPES, ...OWN_REASONS],
];

const KEYS = new Set(LISTED_DETAILS.flatMap(([name, [kind]]) => (kind === 'key' ? [name] : [])));

/** The facts that an application or an event type adds to the known facts. */
interface FactOptions {
  /** Whether a field is personal. Default: a test by the default list of personal names. */
  readonly isPersonalName?: (name: string) => boolean;
  readonly factFields?: readonly string[];
  readonly factWords?: readonly string[];
}

export function buildCatalogueFactRules({
  isPersonalName = createPersonalNameTest(),
  factFields = [],
  factWords = [],
}: FactOptions = {}): FactRules {
  return buildFactRules({
    isPersonalName,
    isIdName: (name) => KEYS.has(name),
    declared: new Set([...FACT_DETAILS, ...factFields]),
    words: new Set([...KNOWN_WORDS, ...factWords]),
  });
}
