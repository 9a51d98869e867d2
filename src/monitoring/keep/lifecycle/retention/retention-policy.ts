import { canonicalJson, Catalogue, parseJson, auditErrors, unknownOptions } from '../../../../audit/plain.js';
import { ACT_EVENTS } from '../../acts/act-types.js';

/** A retention period: a whole number of days from 1 to 36,500. `0` and `'forever'` mean forever. */
export type RetentionDays = number | 'forever';

/** The retention periods of events, in days. If several rules apply to an event, the longest period counts. */
export interface RetentionRules {
  /** The minimum retention period of every event. */
  readonly days: RetentionDays;
  /** Retention periods by category. */
  readonly categories?: Readonly<Record<string, RetentionDays>>;
  /** Retention periods by event type or alias. */
  readonly eventTypes?: Readonly<Record<string, RetentionDays>>;
  /** Retention periods by action. A period applies to every outcome of the action. */
  readonly actions?: Readonly<Record<string, RetentionDays>>;
  /** Retention periods by tenant. */
  readonly tenants?: Readonly<Record<string, RetentionDays>>;
  /**
   * Retention periods by compliance tag. A period applies to every action with that tag in the catalogue. PCI DSS 4.0, requirement 10.5.1,
   * requires twelve months, and a SOC 2 audit usually covers twelve months. @defaultValue `{ pci_dss: 365, soc2: 365 }`
   */
  readonly compliance?: Readonly<Record<string, RetentionDays>>;
}

/** The option `retention` of the monitoring module. */
export interface RetentionOptions extends RetentionRules {
  /** The hour of the daily retention run in UTC, from 0 to 23. @defaultValue 3 */
  readonly hourUtc?: number;
}

export interface RetentionSlice {
  readonly retention?: RetentionOptions;
}

export const RETENTION_OPTIONS = Symbol.for('nestjs-audit-ledger:retention-options');

/**
 * The rules as canonical JSON, for the database and the log. `0` means forever. The periods by action include the periods of the compliance
 * tags.
 */
export type RetentionPolicy = string;

const COMPLIANCE: DaysByName = { pci_dss: 365, soc2: 365 };
const MOST_DAYS = 36_500;

function resolvePolicy(rules: RetentionRules, catalogue: Catalogue, problems: string[]): RetentionPolicy {
  const read = (name: Exclude<keyof RetentionRules, 'days'>): DaysByName =>
    Object.fromEntries(
      Object.entries(rules[name] ?? {}).map(([key, given]) => [
        key,
        readDays(given, `retention.${name}.${key}`, problems),
      ]),
    );
  const days = readDays(rules.days, 'retention.days', problems);
  const tables = { categories: read('categories'), tenants: read('tenants') };
  const compliance: DaysByName = { ...COMPLIANCE, ...read('compliance') };
  const named = { eventTypes: read('eventTypes'), actions: read('actions') };
  const eventTypes: Record<string, number> = {};
  for (const [type, wanted] of Object.entries(named.eventTypes)) {
    const canonical = catalogue.canonicalName(type);
    eventTypes[canonical] = longest(eventTypes[canonical], wanted);
  }
  const actions: Record<string, number> = { ...named.actions };
  for (const [action, tags] of catalogue.complianceTags()) {
    for (const tag of tags) {
      if (compliance[tag] !== undefined) actions[action] = longest(actions[action], compliance[tag]);
    }
  }
  const longer = (table: DaysByName): object =>
    Object.fromEntries(Object.entries(table).filter(([, wanted]) => longest(days, wanted) !== days));
  for (const [name, table] of Object.entries({ ...tables, ...named })) {
    for (const [key, wanted] of Object.entries(table)) {
      if (longest(days, wanted) === wanted) continue;
      problems.push(
        `retention.${name}.${key} is ${wanted} and retention.days is ${days || 'forever'}: the longest counts, and the shorter one has no effect`,
      );
    }
  }
  return canonicalJson({
    days,
    actions: longer(actions),
    categories: longer(tables.categories),
    eventTypes: longer(eventTypes),
    tenants: longer(tables.tenants),
  });
}

const TABLE_NAMES = { categories: true, eventTypes: true, actions: true, tenants: true, compliance: true } as const;
const OPTION_NAMES: Readonly<Record<keyof RetentionOptions, true>> = { ...TABLE_NAMES, days: true, hourUtc: true };

/**
 * Checks the option `retention`, and adds a clause to `problems` for each problem. Refuses unknown names of rules: a misspelt rule would
 * have no effect, and events would be retired too soon. Accepts unknown event types, because the catalogue lacks the application's own
 * types at this time.
 */
export function checkRetention(options: unknown, problems: string[]): void {
  if (!isTable(options)) {
    problems.push('retention is not an object');
    return;
  }
  const unknown = unknownOptions(options, OPTION_NAMES);
  const wrong = Object.keys(TABLE_NAMES).filter((name) => options[name] !== undefined && !isTable(options[name]));
  problems.push(
    ...[...unknown, ...wrong.map((name) => `${name} is not an object of names and days`)].map(
      (each) => `retention.${each}`,
    ),
  );
  if (wrong.length === 0) resolvePolicy(options as unknown as RetentionOptions, new Catalogue(), problems); // checks the values
  const { hourUtc = 3 } = options;
  if (typeof hourUtc === 'number' && Number.isInteger(hourUtc) && hourUtc >= 0 && hourUtc <= 23) return;
  problems.push(`retention.hourUtc is ${String(hourUtc)}, not an hour from 0 to 23`);
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Converts rules to a policy. @throws `AUDIT_OPTIONS_INVALID` */
export function policyOf(rules: RetentionRules, catalogue: Catalogue): RetentionPolicy {
  const problems: string[] = [];
  const policy = resolvePolicy(rules, catalogue, problems);
  if (problems.length > 0) throw auditErrors.AUDIT_OPTIONS_INVALID(problems, 'Monitoring');
  return policy;
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

function readDays(given: unknown, name: string, problems: string[]): number {
  const days = given === 'forever' ? 0 : given;
  if (typeof days === 'number' && Number.isInteger(days) && days >= 0 && days <= MOST_DAYS) return days;
  problems.push(`${name} is ${String(given)}, not a whole number of days up to ${MOST_DAYS}, or 'forever'`);
  return 0;
}

/** `0` means forever. */
function longest(one: number | undefined, other: number): number {
  if (one === undefined) return other;
  return one === 0 || other === 0 ? 0 : Math.max(one, other);
}
