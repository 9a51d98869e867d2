import { parseJson } from '../../../../audit/nest-free.js';
import { RETENTION_TABLES } from '../../../store/retention-tables.js';
import { ACT_EVENTS } from '../../acts/act-note.js';

export const MAX_DAYS = 36_500;

/**
 * The rules as canonical JSON, for the database and the log. `0` means forever. The periods by action include the periods of the compliance
 * tags.
 */
export type RetentionPolicy = string;

type Table = keyof typeof RETENTION_TABLES;

export const TABLE_NAMES = Object.keys(RETENTION_TABLES) as readonly Table[]; // its own keys

export type RetainedEvent = Readonly<
  Partial<Record<(typeof RETENTION_TABLES)[Table]['member'], string | undefined>> & { type: string; metadata?: unknown }
>;

/** Every policy retains events of these types forever. */
const NEVER_RETIRED_TYPES: readonly string[] = [
  ...[ACT_EVENTS.hold_placement.type, ACT_EVENTS.hold_release.type],
  'audit_consumer_changed',
];

/**
 * Returns the retention period of an event in days; `undefined` means forever. Applies the same rules as the database function
 * `audit_retention_days`.
 */
export function getRetentionDays(event: RetainedEvent, policy: RetentionPolicy): number | undefined {
  const rules = getPolicyRules(policy);
  const findRule = (table: DaysByName = {}, name = ''): number | undefined =>
    Object.hasOwn(table, name) ? table[name] : undefined;
  const own = (event.metadata as { readonly retentionDays?: unknown } | undefined)?.retentionDays;
  const requested = [
    rules.days,
    ...TABLE_NAMES.map((table) => findRule(rules[table], event[RETENTION_TABLES[table].member])),
    NEVER_RETIRED_TYPES.includes(event.type) ? 0 : undefined,
    typeof own === 'number' && own > 0 ? Math.ceil(own) : undefined,
  ].filter((each) => each !== undefined);
  const isForEver = requested.some((each) => each < 1 || each > MAX_DAYS);
  return isForEver ? undefined : Math.max(...requested);
}

/** Whether the new policy shortens the retention period of some events. */
export function isShorter(policy: RetentionPolicy, before: RetentionPolicy): boolean {
  const [now, old] = [getPolicyRules(policy), getPolicyRules(before)];
  const isLess = (days: number, than: number): boolean => days !== than && maxDays(days, than) === than;
  const hasShorterRetention = (table: Table, name: string): boolean =>
    isLess(now[table]?.[name] ?? now.days, old[table]?.[name] ?? old.days);
  return (
    isLess(now.days, old.days) ||
    TABLE_NAMES.some((table) =>
      Object.keys({ ...old[table], ...now[table] }).some((name) => hasShorterRetention(table, name)),
    )
  );
}

export type DaysByName = Readonly<Record<string, number>>;

type PolicyRules = Readonly<Partial<Record<Table, DaysByName>> & { days: number }>;

function getPolicyRules(policy: RetentionPolicy): PolicyRules {
  return parseJson(policy) as PolicyRules; // as resolvePolicy() wrote the policy
}

/** `0` means forever. */
export function maxDays(one: number | undefined, other: number): number {
  if (one === undefined) return other;
  return one === 0 || other === 0 ? 0 : Math.max(one, other);
}
