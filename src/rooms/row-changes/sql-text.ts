import { createHash } from 'node:crypto';

/** The maximum length of a name in PostgreSQL, in bytes. */
const MAX_NAME_BYTES = 63;

export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

export function listOf(names: readonly string[]): string {
  return names.length === 0 ? `'{}'::text[]` : `ARRAY[${names.map(literal).join(', ')}]::text[]`;
}

/** Returns a function's name, which consists of a prefix and the table's name. If the name is too long, a digest replaces the table's name. */
export function nameForTable(prefix: string, name: string): string {
  const whole = `${prefix}${name}`;
  if (Buffer.byteLength(whole) <= MAX_NAME_BYTES) return whole;
  return `${prefix}${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
}
