import { quote } from '../../../migrations/audit-ownership.js';
import type { CapturedTable } from './captured-table.js';
import { listOf, literal } from './sql-text.js';

/** Writes the columns that an image shows in another form, each with an expression over the row `w`. */
export function maskedColumns(
  { redacted, digested, nestedKeys, lists }: CapturedTable,
  ledger: string,
): readonly (readonly [name: string, value: string])[] {
  const value = (name: string): string => `to_jsonb(w.${quote(name)})`;
  const salt = `${quote(ledger)}.audit_row_salt()`;
  return [
    ...redacted.map((name) => [name, `CASE WHEN w.${quote(name)} IS NOT NULL THEN '[REDACTED]' END`] as const),
    ...digested.map(
      (name) =>
        [name, `'sha256:' || encode(sha256(${salt} || convert_to(${value(name)} #>> '{}', 'UTF8')), 'hex')`] as const,
    ),
    ...nestedKeys.map((name) => [name, nestedAsText(value(name))] as const),
    // The drain converts all other numbers.
    ...lists.map((name) => [name, listAsText(value(name))] as const),
  ];
}

export function secretColumns({ redacted }: CapturedTable): string {
  if (redacted.length === 0) return 'NULL::jsonb';
  return `(SELECT to_jsonb(v.*) FROM (SELECT ${redacted.map((name) => `w.${quote(name)}`).join(', ')}) v)`;
}

/** Writes the shown text of an image whose columns are known only at run time. @param added a list of columns that are shown as digests */
export function masksWithAdded(
  { redacted, digested, nestedKeys, lists }: CapturedTable,
  ledger: string,
  image: string,
  added: string,
): string {
  const whole = `${image}::jsonb`;
  const masks = `${quote(ledger)}.audit_row_masks(${whole}, ${listOf(redacted)}, ${listOf(digested)} || ${added}::text[], ${listOf(lists)}, ${quote(ledger)}.audit_row_salt())`;
  const nested = nestedKeys.map((name) => `${literal(name)}, ${nestedAsText(`${whole} -> ${literal(name)}`)}`);
  return `(${[whole, masks, ...(nested.length > 0 ? [`jsonb_build_object(${nested.join(', ')})`] : [])].join(' || ')})::text`;
}

/** A number becomes a text if it may have trailing zeros, or too many digits for JavaScript. */
function nestedAsText(value: string): string {
  const isExact = `(${value})::text ~ ${literal('[0-9.]{16}|[.][0-9]*0(?![0-9])')}`;
  return `CASE WHEN jsonb_typeof(${value}) <> 'string' AND ${isExact} THEN to_jsonb((${value})::text) ELSE ${value} END`;
}

/** Converts a list of numbers, of any dimension, to a list of texts. A list that was shortened is already a text, which stays unchanged. */
export function listAsText(list: string): string {
  const texts = `regexp_replace((${list})::text, '-?[0-9][0-9.]*', ${literal('"\\&"')}, 'g')::jsonb`;
  return `CASE jsonb_typeof(${list}) WHEN 'array' THEN ${texts} ELSE ${list} END`;
}
