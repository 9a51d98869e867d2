import { createHash } from 'node:crypto';

/** The most bytes that PostgreSQL keeps of a name. */
const MAX_NAME_BYTES = 63;

/** A text as SQL quotes it. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/** Names as an array of SQL. */
export function listOf(names: readonly string[]): string {
  return names.length === 0 ? `'{}'::text[]` : `ARRAY[${names.map(literal).join(', ')}]::text[]`;
}

/** The name of a function that is made for a table: with a digest in place of the table's name where both are too long. */
export function nameForTable(prefix: string, name: string): string {
  const whole = `${prefix}${name}`;
  if (Buffer.byteLength(whole) <= MAX_NAME_BYTES) return whole;
  return `${prefix}${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}
