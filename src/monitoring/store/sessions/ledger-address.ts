/** The functions that return passwords, by address. Only a connection to exactly the same address uses the function. */
export const PASSWORDS = new Map<string, (login: string) => string | Promise<string>>();

/**
 * Adds session settings to a connection URL, after the settings in the URL's own `options`.
 *
 * @param settings the values by the names of the settings; the function escapes spaces and backslashes in values
 * @param defaults settings that the URL's own `options` may replace
 */
export function withConnectionSettings(
  connectionUrl: string,
  settings: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>> = {},
): string {
  const url = parseAddress(connectionUrl);
  const own = url.searchParams.get('options') ?? '';
  url.searchParams.set('options', [...toStartupOptions(defaults), own, ...toStartupOptions(settings)].join(' ').trim());
  return url.href;
}

function toStartupOptions(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(settings).map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, String.raw`\$&`)}`);
}

/** Copies the `options` of `model` to an address without `options`, so that both addresses find the same schema. */
export function addressLike(connectionUrl: string, model: string): string {
  const url = parseAddress(connectionUrl);
  const options = parseAddress(model).searchParams.get('options');
  if (options === null || url.searchParams.has('options')) return connectionUrl;
  url.searchParams.set('options', options);
  return url.href;
}

/**
 * Parses a PostgreSQL address. Like `pg`, it takes an address whose host is only in its query: `postgresql://user@/db?host=/cloudsql/x`.
 *
 * @throws TypeError if the text is not an address
 */
export function parseAddress(address: string): URL {
  return new URL(URL.canParse(address) ? address : address.replace('@/', '@localhost/'));
}

/** Whether a value is a PostgreSQL address. The type is `unknown`, because callers in plain JavaScript may pass any value. */
export function isPostgresUrl(url: unknown): boolean {
  return typeof url === 'string' && /^postgres(?:ql)?:/i.test(url) && URL.canParse(url.replace('@/', '@localhost/'));
}

/** PostgreSQL truncates longer names. */
const MAX_NAME_BYTES = 63;

/** Whether a schema can have this name, and the name has no special meaning in a search path. */
export function isSchemaName(name: string): boolean {
  const isLong = Buffer.byteLength(name) > MAX_NAME_BYTES;
  return name !== '' && !isLong && !name.includes('\0') && name !== '$user' && !name.startsWith('pg_');
}

/** Returns an address whose connections find the ledger in `schema`, whatever search path `connectionUrl` or the login has. */
export function addressInSchema(connectionUrl: string, schema: string): string {
  return withConnectionSettings(connectionUrl, { search_path: `"${schema.replaceAll('"', '""')}"` });
}
