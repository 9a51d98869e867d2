import { z } from 'zod';
import {
  not,
  optionsOf,
  parseOptions,
  valueOf,
  wholeNumber,
  withInput,
  type Given,
  type Resolved,
} from '../../../../audit/option-schemas.js';
import { auditErrors, canonicalJson, parseJson, type Catalogue } from '../../../../audit/nest-free.js';
import { ACT_EVENTS } from '../../acts/act-types.js';

/** A retention period: a whole number of days from 1 to 36,500. `0` and `'forever'` mean forever. */
export type RetentionDays = number | 'forever';

const MOST_DAYS = 36_500;

const DAYS = valueOf<RetentionDays>(
  (days) => days === 'forever' || (Number.isInteger(days) && Number(days) >= 0 && Number(days) <= MOST_DAYS),
  not(`a whole number of days up to ${MOST_DAYS}, or 'forever'`),
).transform((days) => (days === 'forever' ? 0 : days));

const TABLE = z.record(z.string(), DAYS, 'is not an object of names and days').readonly().default({});

const OPTIONS = {
  /** The minimum retention period of every event. */
  days: DAYS,
  /** Retention periods by category. */
  categories: TABLE,
  /** Retention periods by event type or alias. */
  eventTypes: TABLE,
  /** Retention periods by action. A period applies to every outcome of the action. */
  actions: TABLE,
  /** Retention periods by tenant. */
  tenants: TABLE,
  /**
   * Retention periods by compliance tag. A period applies to every action with that tag in the catalogue. PCI DSS 4.0, requirement 10.5.1,
   * requires twelve months, and a SOC 2 audit usually covers twelve months. @defaultValue `{ pci_dss: 365, soc2: 365 }`
   */
  compliance: TABLE,
  /** The hour of the daily retention run in UTC, from 0 to 23. */
  hourUtc: wholeNumber(0, 23).default(3),
};

/** The option `retention` of the monitoring module. If several rules apply to an event, the longest period counts. */
export interface RetentionOptions extends Given<typeof OPTIONS> {}

interface ResolvedRetention extends Resolved<typeof OPTIONS> {}

export interface RetentionSlice {
  readonly retention?: RetentionOptions | undefined;
}

export const RETENTION_OPTIONS = Symbol.for('nestjs-audit-ledger:retention-options');

/**
 * Refuses unknown names of rules: a misspelt rule would have no effect, and events would be retired too soon. Accepts unknown event types,
 * because the catalogue lacks the application's own types at this time.
 */
export const RETENTION = withInput<RetentionOptions>()(
  optionsOf(OPTIONS).superRefine(({ days, ...rules }, context) => {
    for (const name of TABLES) {
      for (const [key, wanted] of Object.entries(rules[name])) {
        if (longest(days, wanted) === wanted) continue;
        const message = `is ${wanted} and retention.days is ${days || 'forever'}: the longest counts, and the shorter one has no effect`;
        context.addIssue({ code: 'custom', path: [name, key], message });
      }
    }
  }),
);

const SLICE = z.object({ retention: RETENTION });

/** Checks the option `retention`, and adds a clause to `problems` for each problem. */
export function checkRetention(retention: unknown, problems: string[]): ResolvedRetention | undefined {
  return parseOptions(SLICE, { retention }, problems)?.retention;
}

/**
 * The rules as canonical JSON, for the database and the log. `0` means forever. The periods by action include the periods of the compliance
 * tags.
 */
export type RetentionPolicy = string;

const COMPLIANCE: DaysByName = { pci_dss: 365, soc2: 365 };

/** Converts rules to a policy. @throws `AUDIT_OPTIONS_INVALID` */
export function policyOf(options: RetentionOptions, catalogue: Catalogue): RetentionPolicy {
  const problems: string[] = [];
  const retention = checkRetention(options, problems);
  if (!retention) throw auditErrors.AUDIT_OPTIONS_INVALID(problems, 'Monitoring');
  const { days, categories, tenants } = retention;
  const compliance: DaysByName = { ...COMPLIANCE, ...retention.compliance };
  const eventTypes: Record<string, number> = {};
  for (const [type, wanted] of Object.entries(retention.eventTypes)) {
    const canonical = catalogue.canonicalName(type);
    eventTypes[canonical] = longest(eventTypes[canonical], wanted);
  }
  const actions: Record<string, number> = { ...retention.actions };
  for (const [action, tags] of catalogue.complianceTags()) {
    for (const tag of tags) {
      if (compliance[tag] !== undefined) actions[action] = longest(actions[action], compliance[tag]);
    }
  }
  const longer = (table: DaysByName): object =>
    Object.fromEntries(Object.entries(table).filter(([, wanted]) => longest(days, wanted) !== days));
  return canonicalJson({
    days,
    actions: longer(actions),
    categories: longer(categories),
    eventTypes: longer(eventTypes),
    tenants: longer(tenants),
  });
}

/** The properties of an event that determine its retention period. */
export interface RetainedEvent {
  readonly type: string;
  readonly action: string;
  readonly category: string;
  readonly tenantId?: string | undefined;
  readonly metadata?: unknown;
}

/** Every policy retains events of these types forever. */
const HOLD_ACTS: readonly string[] = [ACT_EVENTS.hold_placement.type, ACT_EVENTS.hold_release.type];

/**
 * Returns the retention period of an event in days; `undefined` means forever. Applies the same rules as the database function
 * `audit_retention_days`.
 */
export function daysToKeep(
  { type, action, category, tenantId, metadata }: RetainedEvent,
  policy: RetentionPolicy,
): number | undefined {
  const { days, actions, categories, eventTypes, tenants } = rulesOf(policy);
  const ruleOf = (table: DaysByName = {}, name = ''): number | undefined =>
    Object.hasOwn(table, name) ? table[name] : undefined;
  const own = (metadata as { readonly retentionDays?: unknown } | undefined)?.retentionDays;
  const wanted = [
    days,
    ruleOf(categories, category),
    ruleOf(eventTypes, type),
    ruleOf(actions, action),
    ruleOf(tenants, tenantId),
    HOLD_ACTS.includes(type) ? 0 : undefined,
    typeof own === 'number' && own > 0 ? Math.ceil(own) : undefined,
  ].filter((each) => each !== undefined);
  const isForEver = wanted.some((each) => each < 1 || each > MOST_DAYS);
  return isForEver ? undefined : Math.max(...wanted);
}

/** Returns the longest retention period of a policy in days; `undefined` means forever. */
export function longestDays(policy: RetentionPolicy): number | undefined {
  const { days, ...tables } = rulesOf(policy);
  const all = [days, ...Object.values(tables).flatMap((table: DaysByName) => Object.values(table))];
  return all.includes(0) ? undefined : Math.max(...all);
}

/** Whether the new policy shortens the retention period of some events. */
export function isShorter(policy: RetentionPolicy, before: RetentionPolicy): boolean {
  const [now, old] = [rulesOf(policy), rulesOf(before)];
  const isLess = (days: number, than: number): boolean => days !== than && longest(days, than) === than;
  const isLessOf = (table: (typeof TABLES)[number], name: string): boolean =>
    isLess(now[table]?.[name] ?? now.days, old[table]?.[name] ?? old.days);
  return (
    isLess(now.days, old.days) ||
    TABLES.some((table) => Object.keys({ ...old[table], ...now[table] }).some((name) => isLessOf(table, name)))
  );
}

type DaysByName = Readonly<Record<string, number>>;

const TABLES = ['actions', 'categories', 'eventTypes', 'tenants'] as const;

type PolicyRules = Readonly<Partial<Record<(typeof TABLES)[number], DaysByName>> & { days: number }>;

function rulesOf(policy: RetentionPolicy): PolicyRules {
  return parseJson(policy) as PolicyRules; // as resolvePolicy() wrote the policy
}

/** `0` means forever. */
function longest(one: number | undefined, other: number): number {
  if (one === undefined) return other;
  return one === 0 || other === 0 ? 0 : Math.max(one, other);
}
