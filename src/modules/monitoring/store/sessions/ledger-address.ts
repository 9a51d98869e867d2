/**
 * A connection URL whose sessions begin with these settings, after those of its own `options`.
 *
 * @param settings by name; a value with spaces or backslashes is escaped
 * @param defaults settings that its own `options` may replace
 */
export function addressWith(
  connectionUrl: string,
  settings: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>> = {},
): string {
  const url = new URL(connectionUrl);
  const own = url.searchParams.get('options') ?? '';
  url.searchParams.set('options', [...optionsOf(defaults), own, ...optionsOf(settings)].join(' ').trim());
  return url.href;
}

function optionsOf(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, String.raw`\$&`)}`);
}

/** Adds the `options` of one address to another that has none, so that it finds the same schema. */
export function addressLike(connectionUrl: string, model: string): string {
  const url = new URL(connectionUrl);
  const options = new URL(model).searchParams.get('options');
  if (options === null || url.searchParams.has('options')) return connectionUrl;
  url.searchParams.set('options', options);
  return url.href;
}

/** Whether it is an address that the ledger's client parses as intended. Plain JavaScript may pass anything. */
export function isPostgresUrl(url: unknown): boolean {
  if (typeof url !== 'string' || !URL.canParse(url)) return false;
  return ['postgres:', 'postgresql:'].includes(new URL(url).protocol);
}

/** The maximum length of a name that PostgreSQL keeps in full. */
const LONGEST_NAME_BYTES = 63;

/** Whether PostgreSQL accepts a name for a schema, and the search path does not read it as another one. */
export function isSchemaName(name: string): boolean {
  const isLong = Buffer.byteLength(name) > LONGEST_NAME_BYTES;
  return name !== '' && !isLong && !name.includes('\0') && name !== '$user' && !name.startsWith('pg_');
}

/** The address with which a connection finds the ledger in `schema`, whatever its own search path says. */
export function addressInSchema(connectionUrl: string, schema: string): string {
  return addressWith(connectionUrl, { search_path: `"${schema.replaceAll('"', '""')}"` });
}
