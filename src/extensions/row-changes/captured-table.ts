import type { TableName } from '../../monitoring/store/table-name.js';

export { formatTableName, type TableName } from '../../monitoring/store/table-name.js';

export type CaptureSetting = readonly [name: string, value: string];

/** A column, and how the image of a row gets its values. */
export interface ColumnShape {
  readonly name: string;
  readonly kind: 'short' | 'float' | 'text' | 'long' | 'json' | 'guarded' | 'virtual';
}

/** A captured table, with its capture rules, which were checked against the database. */
export interface CapturedTable extends TableName {
  readonly resource: string;
  /** The columns that identify a row. Empty if the table has neither a primary key nor a unique index of NOT NULL columns. */
  readonly key: readonly string[];
  /** Whether the key is deferrable: two rows may then have the same key until the commit. */
  readonly isKeyDeferrable: boolean;
  /** The columns that the table had when its capture was planned. Events show columns that were added later only as digests. */
  readonly columns: readonly string[];
  readonly redacted: readonly string[];
  readonly digested: readonly string[];
  readonly ignored: readonly string[];
  readonly shape: readonly ColumnShape[];
  /** The columns with numbers that JSON cannot represent exactly. */
  readonly asText: readonly string[];
  /** The key columns of `asText` that have lists of numbers. */
  readonly lists: readonly string[];
  /** The key columns with composite values. Such a value becomes a text if JSON cannot represent one of its numbers exactly. */
  readonly nestedKeys: readonly string[];
  /** Whether a column has composite or JSON values: an event shows a number in them by another type, or less of them. */
  readonly hasParts: boolean;
  /** Additional settings for the SQL functions that capture this table. */
  readonly settings: readonly CaptureSetting[];
  readonly facts: readonly string[];
  /** Whether row-level security hides rows from the login that captures the table. */
  readonly isHidden: boolean;
  readonly truncate: 'refuse' | 'record';
  readonly onCaptureFailure: 'fail' | 'pass';
  /** The columns that are redacted only because their names look like names of secrets. */
  readonly secretByName: readonly string[];
  /** The partitions and child tables, which a statement may name instead of the table. */
  readonly heirs: readonly TableName[];
}

/** With these settings, equal values always give equal texts. */
const SETTINGS: readonly CaptureSetting[] = [
  ['search_path', 'pg_catalog, pg_temp'],
  ['"TimeZone"', `'UTC'`],
  ['"DateStyle"', `'ISO, YMD'`],
  ['"IntervalStyle"', `'iso_8601'`],
  ['bytea_output', `'hex'`],
  ['extra_float_digits', '1'],
  // For each statement, one plan suffices for the whole session. Without this setting, PostgreSQL would plan each change of one row again
  // after a bulk statement.
  ['plan_cache_mode', 'force_generic_plan'],
  ['jit', 'off'],
];

export function settingClauses({ settings }: CapturedTable): string {
  return [...SETTINGS, ...settings].map(([name, value]) => `  SET ${name} = ${value}`).join('\n');
}

/** Returns the settings in the form of `pg_proc.proconfig`. */
export function storedSettings({ settings }: CapturedTable): readonly string[] {
  return [...SETTINGS, ...settings].map(([name, value]) => `${name.replaceAll('"', '')}=${value.replaceAll("'", '')}`);
}
