import { problemsOfRules, type TableRules, unknownOptions } from '../../audit/plain.js';
import { parseTableName } from '../../monitoring/store/table-name.js';
import { problemsOfNumber } from '../../monitoring/store/connections/option-problems.js';

/** The options of `RowChangesModule`. `{}` suffices if entities have `@AuditedEntity`. */
export interface RowChangesOptions {
  /** Tables without an entity, such as `public.rates`, with their rules. The rules use the column names of the database. */
  readonly tables?: Readonly<Record<string, TableRules>>;
  /**
   * The database roles of the application. Changes by these roles without a context are `unattributed`; changes by other roles count as external.
   * Default: the login of `connectionUrl`.
   */
  readonly applicationRoles?: readonly string[];
  /** The number of rows per statement above which row images are stored outside the events: 1 to 1,000,000. @defaultValue 10000 */
  readonly bulkRows?: number;
  /** The seconds that a change may wait for the ledger without an alarm: 1 to 86,400. @defaultValue 60 */
  readonly lateAfterSeconds?: number;
  /**
   * The hours between two reconciliations of live rows with their events: 1 to 8,760. Each result is an event. Default: only
   * `nestjs-audit-ledger capture reconcile` reconciles.
   */
  readonly reconcileEveryHours?: number;
}

/** {@link RowChangesOptions} with the defaults. */
export type ResolvedCapture = RowChangesOptions &
  Required<Pick<RowChangesOptions, 'tables' | 'bulkRows' | 'lateAfterSeconds'>>;

export const CAPTURE_OPTIONS = Symbol.for('nestjs-audit-ledger:capture-options');

export const LATE_AFTER_SECONDS = 60;

const NAMES: Readonly<Record<keyof RowChangesOptions, true>> = {
  tables: true,
  applicationRoles: true,
  bulkRows: true,
  lateAfterSeconds: true,
  reconcileEveryHours: true,
};

/** Fills in the defaults, and adds problems to `problems`. */
export function resolveCapture(options: RowChangesOptions, problems: string[]): ResolvedCapture {
  const { tables = {}, bulkRows = 10_000, lateAfterSeconds = LATE_AFTER_SECONDS } = options;
  const { applicationRoles, reconcileEveryHours } = options;
  problems.push(...unknownOptions(options, NAMES));
  problems.push(...problemsOfTables(tables));
  if (applicationRoles !== undefined && !isListOfNames(applicationRoles)) {
    problems.push('applicationRoles must be a list of database roles');
  }
  problems.push(
    ...problemsOfNumber('bulkRows', bulkRows, [1, 1_000_000]),
    ...problemsOfNumber('lateAfterSeconds', lateAfterSeconds, [1, 86_400]),
    ...problemsOfNumber('reconcileEveryHours', reconcileEveryHours, [1, 8_760]),
  );
  return { ...options, tables, bulkRows, lateAfterSeconds };
}

function problemsOfTables(tables: unknown): readonly string[] {
  if (typeof tables !== 'object' || tables === null || Array.isArray(tables)) {
    return ["tables must be an object such as { 'public.rates': {} }"];
  }
  return Object.entries(tables).flatMap(([name, rules]: [string, unknown]) => [
    ...(parseTableName(name) ? [] : [`tables names ${name}: write it as schema.table, such as public.rates`]),
    ...problemsOfRules(rules).map((problem) => `tables['${name}']: ${problem}`),
  ]);
}

function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && item !== '');
}
