import type { CapturedTable, CaptureSetting } from './captured-table.js';

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
