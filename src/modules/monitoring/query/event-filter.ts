import type { LedgerAccess } from '../access/index.js';
import { firstIdAt } from '../ledger/id-time.js';
import { factColumn, MARKED_COLUMNS } from '../ledger/personal-columns.js';
import type { EventFilters, ValuesByPath } from './event-filters.dto.js';
import { changedPath, fieldPath, personalFieldPaths, personalWordPath, wordPaths } from './json-filter.js';
import { timeOf } from './query-values.js';
import type { SqlValues } from './sql-values.js';

/** What a filter's translation needs to know. */
export interface FilterContext {
  readonly access: LedgerAccess;
  readonly values: SqlValues;
  readonly canonicalName: (type: string) => string;
}

/** Filters that compare one column with one value, or several. */
const EQUALS = {
  action: 'action',
  outcome: 'outcome',
  category: 'category',
  severity: 'severity',
  actorId: 'actor_id',
  actorType: 'actor_type',
  tenantId: 'tenant_id',
  resourceType: 'resource_type',
  requestId: 'request_id',
  sessionId: 'session_id',
  traceId: 'trace_id',
} as const;

/** The conditions that a query stands for. Times become id ranges, so that only the months concerned are read. */
export function conditionsOf(query: EventFilters, { access, values, canonicalName }: FilterContext): readonly string[] {
  const conditions: string[] = [];
  const addAny = (name: 'ip' | 'changed', conditionOf: (value: string) => string): void => {
    const wanted = listOf(query[name]);
    if (wanted.length > 0) conditions.push(`(${wanted.map((value) => conditionOf(value)).join(' OR ')})`);
  };
  // A person is shown what others did to them without what is personal of these others: so it is not searched, either.
  const ofOwn = (condition: string): string =>
    access.scope === 'subject' ? `(actor_id = ${values.place(access.subjectId)} AND ${condition})` : condition;
  const matches = (column: string, path: string): string => `${column} @? ${values.place(path)}::jsonpath`;

  const ofShown = (column: string, condition: string): string =>
    access.scope === 'subject' && isMarked(column)
      ? `(${condition} AND (${factColumn(column)} IS NOT NULL OR actor_id = ${values.place(access.subjectId)}))`
      : condition;

  for (const [name, column] of Object.entries(EQUALS)) {
    const wanted = listOf(query[name as keyof typeof EQUALS]); // its own keys
    if (wanted.length > 0) conditions.push(ofShown(column, isAnyOf(column, wanted, values)));
  }
  addPrefixed(conditions, 'type', listOf(query.type), values, canonicalName);
  const ofResource: string[] = [];
  addPrefixed(ofResource, 'resource_id', listOf(query.resourceId), values, (id) => id);
  conditions.push(...ofResource.map((condition) => ofShown('resource_id', condition)));
  addAny('ip', (ip) => ofOwn(`ip <<= ${values.place(ip)}::inet`));
  addAny('changed', (pointer) => matches('changes', changedPath(pointer)));
  for (const column of ['details', 'metadata'] as const) {
    for (const [path, wanted] of Object.entries<ValuesByPath[string]>(query[column] ?? {})) {
      const inPersonal = personalFieldPaths(column, path, listOf(wanted)).map((one) => matches('personal', one));
      conditions.push(
        `(${matches(column, fieldPath(path, listOf(wanted)))} OR ${ofOwn(`(${inPersonal.join(' OR ')})`)})`,
      );
    }
  }
  for (const { word, path } of query.q === undefined ? [] : wordPaths(query.q)) {
    const inReason = ofShown('reason', `position(lower(${values.place(word)}) in lower(reason)) > 0`);
    const inPersonal = ofOwn(matches('personal', personalWordPath('details', word)));
    conditions.push(`(${inReason} OR ${matches('details', path)} OR ${inPersonal})`);
  }
  if (query.from !== undefined) conditions.push(`id >= ${values.place(firstIdAt(timeOf(query.from)))}::uuid`);
  if (query.to !== undefined) conditions.push(`id < ${values.place(firstIdAt(timeOf(query.to)))}::uuid`);
  return conditions;
}

function isMarked(column: string): boolean {
  return MARKED_COLUMNS.some(({ name }) => name === column);
}

/** A column that is one of the values; of one value, by a condition that an index in the order of ids serves. */
export function isAnyOf(column: string, wanted: readonly unknown[], values: SqlValues): string {
  return wanted.length === 1
    ? `${column} = ${values.place(wanted[0])}`
    : `${column} = ANY (${values.place(wanted)}::text[])`;
}

/** Not by LIKE: what is not leakproof is asked after row-level security alone, and so by no index. */
function addPrefixed(
  conditions: string[],
  column: string,
  wanted: readonly string[],
  values: SqlValues,
  canonicalName: (name: string) => string,
): void {
  if (wanted.length === 0) return;
  const whole = wanted.filter((value) => !value.endsWith('*')).map(canonicalName);
  const begun = wanted.filter((value) => value.endsWith('*')).map((value) => value.slice(0, -1));
  const isWhole = whole.length > 0 ? [isAnyOf(column, whole, values)] : [];
  const isBegun = begun.map((prefix) => `starts_with(${column}, ${values.place(prefix)})`);
  conditions.push(`(${[...isWhole, ...isBegun].join(' OR ')})`);
}

function listOf<Value>(given: Value | readonly Value[] | undefined): readonly Value[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? (given as readonly Value[]) : [given as Value]; // readonly lists are lists to Array.isArray alone
}
