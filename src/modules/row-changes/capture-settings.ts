import type { CapturedTable, CaptureSetting } from './captured-table.js';

/** What a function runs with, so that the same value is always written as the same text, no matter who changes it. */
const SETTINGS: readonly CaptureSetting[] = [
  ['search_path', 'pg_catalog, pg_temp'],
  ['"TimeZone"', `'UTC'`],
  ['"DateStyle"', `'ISO, YMD'`],
  ['"IntervalStyle"', `'iso_8601'`],
  ['bytea_output', `'hex'`],
  ['extra_float_digits', '1'],
  // One plan is kept for the session. Else, after a statement that changed many rows, each change of one row is planned again.
  ['plan_cache_mode', 'force_generic_plan'],
  ['jit', 'off'],
];

/** The clauses of a table's function. */
export function settingClauses({ settings }: CapturedTable): string {
  return [...SETTINGS, ...settings].map(([name, value]) => `  SET ${name} = ${value}`).join('\n');
}

/** The same as `pg_proc.proconfig` has them. */
export function storedSettings({ settings }: CapturedTable): readonly string[] {
  return [...SETTINGS, ...settings].map(([name, value]) => `${name.replaceAll('"', '')}=${value.replaceAll("'", '')}`);
}
