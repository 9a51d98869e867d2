import { InvalidOptionsError, problemsOfRules, type TableRules } from '../../audit/plain.js';

/** The options of `RowChangesModule`. `{}` suffices where entities have `@AuditedEntity`. */
export interface RowChangesOptions {
  /**
   * Tables without an entity, as `public.rates`, with their rules; those of entities have `@AuditedEntity`. Columns by their names in
   * the database.
   */
  readonly tables?: Readonly<Record<string, TableRules>>;
  /**
   * The database roles that the application changes its tables as. A change of theirs without a context is `unattributed`; one of another
   * role comes from outside. Default: the login of `connectionUrl`.
   */
  readonly applicationRoles?: readonly string[];
  /** From how many rows of one statement on events hold keys and digests, and their images stand apart: 1 to 1,000,000. @defaultValue 10000 */
  readonly bulkRows?: number;
  /** For how many seconds a change may wait for the ledger before that is an alarm: 1 to 86,400. @defaultValue 60 */
  readonly lateAfterSeconds?: number;
  /**
   * Every how many hours the live rows are compared with their events, 1 to 8,760; the result is an event. Without it,
   * `nestjs-audit-ledger capture reconcile` does so when you run it.
   */
  readonly reconcileEveryHours?: number;
}

/** {@link RowChangesOptions} with the defaults. */
export type ResolvedCapture = RowChangesOptions &
  Required<Pick<RowChangesOptions, 'tables' | 'bulkRows' | 'lateAfterSeconds'>>;

export const CAPTURE_OPTIONS = Symbol.for('nestjs-audit-ledger:capture-options');

/** The default time that a change may wait. */
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
  problems.push(...InvalidOptionsError.unknownOptions(options, NAMES));
  problems.push(...problemsOfTables(tables));
  if (applicationRoles !== undefined && !isListOfNames(applicationRoles)) {
    problems.push('applicationRoles must be a list of database roles');
  }
  for (const [name, value, most] of [
    ['bulkRows', bulkRows, 1_000_000],
    ['lateAfterSeconds', lateAfterSeconds, 86_400],
    ['reconcileEveryHours', reconcileEveryHours ?? 1, 8_760],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > most) {
      problems.push(`${name} is ${String(value)}, not a whole number from 1 to ${most}`);
    }
  }
  return { ...options, tables, bulkRows, lateAfterSeconds };
}

function problemsOfTables(tables: unknown): readonly string[] {
  if (typeof tables !== 'object' || tables === null || Array.isArray(tables)) {
    return ["tables must be an object such as { 'public.rates': {} }"];
  }
  return Object.entries(tables).flatMap(([name, rules]: [string, unknown]) => [
    ...(/^[^.]+\.[^.]+$/.test(name) ? [] : [`tables names ${name}: write it as schema.table, such as public.rates`]),
    ...problemsOfRules(rules).map((problem) => `tables['${name}']: ${problem}`),
  ]);
}

function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && item !== '');
}
