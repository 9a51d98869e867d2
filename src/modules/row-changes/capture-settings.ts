import type { CapturedTable, CaptureSetting } from './captured-table.js';

/** The settings of a table's function, by which the same value is always written as the same text, no matter who changes it. */
const SETTINGS: readonly CaptureSetting[] = [
  ['search_path', 'pg_catalog, pg_temp'],
  ['"TimeZone"', `'UTC'`],
  ['"DateStyle"', `'ISO, YMD'`],
  ['"IntervalStyle"', `'iso_8601'`],
  ['bytea_output', `'hex'`],
  ['extra_float_digits', '1'],
  // Keeps one plan for the session. Otherwise, after a statement that changed many rows, each change of one row would be planned again.
  ['plan_cache_mode', 'force_generic_plan'],
  ['jit', 'off'],
];

export function settingClauses({ settings }: CapturedTable): string {
  return [...SETTINGS, ...settings].map(([name, value]) => `  SET ${name} = ${value}`).join('\n');
}

/** The settings in the form of `pg_proc.proconfig`. */
export function storedSettings({ settings }: CapturedTable): readonly string[] {
  return [...SETTINGS, ...settings].map(([name, value]) => `${name.replaceAll('"', '')}=${value.replaceAll("'", '')}`);
}
