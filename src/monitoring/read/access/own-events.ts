import { type AuditInput, buildCatalogueFactRules, type FactRules } from '../../../audit/nest-free.js';
import type { LedgerAccess } from './ledger-access.js';

/** The actions of the events that record reads of the ledger. Each action can have any outcome. */
export const LEDGER_READS = { viewed: 'audit_log_viewed', exported: 'audit_log_exported' } as const;

export const LEDGER_READS_CATEGORY = 'audit_access';

export interface ReadFacts {
  readonly access: LedgerAccess;
  /** The filters of the query, by name, as plain JSON. Filters without a value are absent. */
  readonly filters?: Readonly<Record<string, unknown>>;
  readonly ids?: readonly string[];
  /** How many events were shown. @defaultValue the number of `ids` */
  readonly shown?: number;
  /** Further details, such as an export's format. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/**
 * Builds the input of an event of {@link LEDGER_READS}, for code that records its reads itself. Record the event only if `recordReads` is
 * on. If the reader may see only one tenant, the event belongs to that tenant.
 */
export function describeRead({
  access,
  filters = {},
  ids,
  shown = ids?.length ?? 0,
  more,
}: ReadFacts): Pick<AuditInput, 'category' | 'tenantId' | 'details'> {
  const [tenantId, ...others] = access.scope === 'tenants' ? access.tenantIds : [];
  return {
    category: LEDGER_READS_CATEGORY,
    tenantId: others.length === 0 ? tenantId : undefined,
    details: { access, filters, shown, ...(ids && { ids }), ...more },
  };
}

const READS = Object.values(LEDGER_READS);

/** The values of these filters may name a person, as in `details.customer=Ada` and `q=Ada`. */
const NAMING_FILTERS: ReadonlySet<string> = new Set([
  'q',
  'details',
  'metadata',
  'actorName',
  'resourceName',
  'prefix',
]);

/** The application and the ledger choose these values, not a person. */
const READ_FACTS = ['scope', 'tenantIds', 'ids', 'format', 'sha256', 'fileSha256'];

const ALERT = ['rule', 'ruleId', 'title', 'level', 'tags', 'matched', 'matchedCount', 'firstAt', 'lastAt'];

/**
 * For each type of the ledger's own events, the details that are facts. An erasure does not remove facts, because the ledger needs the
 * facts later.
 */
export const OWN_FACTS: Record<string, readonly string[]> = {
  audit_events_retired: [
    ...['retirementId', 'partition', 'policy', 'cutoff', 'archive', 'indexesDigest', 'idsDigest', 'act'],
  ],
  audit_signing_keys_changed: ['keys', 'act'],
  audit_ledger_adopted: ['oldRoot', 'oldBranch', 'newRoot', 'act'],
  audit_erasure_requested: [
    ...['erasureId', 'subject', 'asked', 'identifiersDigest', 'requestedAt', 'startsAt', 'eventsDigest', 'act'],
  ],
  audit_erasure_withdrawn: ['erasureId', 'act'],
  audit_erasure_completed: ['erasureId', 'certificate', 'act'],
  audit_events_erased: ['erasureId', 'eventsDigest', 'counts', 'act'],
  audit_subject_erasure_request: ['erasureId', 'dryRun'],
  audit_subject_erased: ['erasureId'],
  audit_signing_key_lost: ['lost', 'keys', 'lastRoot', 'act'],
  audit_context_keys_changed: ['keys', 'changes', 'id', 'fingerprint', 'logins', 'addedAt', 'endedAt', 'what', 'act'],
  audit_context_key_added: ['keyId', 'fingerprint', 'logins', 'login'],
  audit_context_key_removed: ['keyId', 'login'],
  audit_row_digests_kept: ['retirementId', 'tables', 'schema', 'table', 'digest', 'before', 'act'],
  audit_hold_placed: ['holdId', 'placedAt', 'hash', 'act'],
  audit_capture_baseline: [
    ...['schema', 'table', 'baseline', 'rows', 'digest', 'snapshot', 'cluster', 'key', 'columns', 'ignored', 'labels'],
    ...['role', 'actingAs', 'application'],
  ],
  audit_capture_attested: ['alterations', 'what', 'of', 'stateDigest'],
  audit_capture_altered: ['alterations', 'what', 'of', 'stateDigest'],
  audit_capture_reconciled: ['verdict', 'checkedAt', 'tables', 'table', 'counts', 'notes'],
  audit_capture_ended: ['schema', 'table', 'renamedTo', 'baseline', 'role', 'actingAs', 'application'],
  audit_hold_released: ['holdId', 'releasedAt', 'hash', 'act'],
  alert_raised: ALERT,
  audit_event_conflict: ['eventId', 'storedLeaf', 'offeredLeaf', 'more'],
  audit_ingest_rewound: ['subject', 'sequence', 'firstMissing', 'lastMissing', 'acknowledged'],
  audit_ingest_parked: ['subject', 'sequence', 'parkedOn', 'parkedAt', 'sha256', 'bytes'],
  audit_sealing_late: ['waitedSeconds', 'storedAt'],
  audit_lines_parked: ['lines'],
  audit_lines_discarded: ['numbers', 'sha256', 'lines'],
  audit_retention_changed: ['policy', 'before', 'shortened'],
  audit_consumer_changed: ['consumer', 'change', 'delaysRetention', 'positions', 'first', 'last', 'replay'],
};

const ACT = ['act'];

const CACHED = new WeakMap<FactRules, Map<string, FactRules>>();

/** Adds the facts of the ledger's own events to a type's rules. In events about reads, filters that may name a person are personal. */
export function extendWithOwnRules(type: string, rules: FactRules): FactRules {
  const isRead = READS.some((read) => type.startsWith(read));
  const own = isRead ? READ_FACTS : (OWN_FACTS[type] ?? (type.startsWith('audit_') ? ACT : undefined));
  if (own === undefined) return rules;
  const cached = CACHED.get(rules) ?? new Map<string, FactRules>();
  CACHED.set(rules, cached);
  const known = cached.get(type) ?? buildOwnRules(rules, new Set(own), isRead);
  cached.set(type, known);
  return known;
}

function buildOwnRules(rules: FactRules, own: ReadonlySet<string>, isRead: boolean): FactRules {
  return {
    ...rules,
    getRule: (name) => {
      if (isRead && NAMING_FILTERS.has(name)) return 'personal';
      return own.has(name) ? 'fact' : rules.getRule(name);
    },
  };
}

/** Returns the fact rules of one of the ledger's own events, for commands that run without the application. */
export function getOwnEventRules(type: string): FactRules {
  return extendWithOwnRules(type, COMMON);
}

const COMMON = buildCatalogueFactRules();
