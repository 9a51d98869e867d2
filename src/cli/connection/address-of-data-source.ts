import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDataSource } from './load-data-source.js';
import { isPostgresUrl, parseAddress } from '../../monitoring/store/sessions/ledger-address.js';
import { commandErrors } from '../cli.errors.js';

interface PostgresSettings {
  readonly url?: string;
  readonly host?: string;
  readonly port?: number | string;
  readonly username?: string;
  readonly password?: string | (() => string | Promise<string>);
  readonly database?: string;
  readonly ssl?: boolean | Readonly<Record<string, unknown>>;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly replication?: { readonly master?: PostgresSettings };
}

/**
 * Returns the server's address from the options of a TypeORM data source. With replication, the result is the primary's address. Writes
 * certificates to files that only the process's user can read; the process removes the files when it exits.
 *
 * @throws `AUDIT_TARGET_INVALID`
 */
export async function addressOfDataSource(target: string): Promise<string> {
  const { options } = await loadDataSource(target);
  const whole = options as PostgresSettings; // loadDataSource checked the type of the options
  const { url: given, ...parts } = { ...whole, ...whole.replication?.master };
  if (given !== undefined && !isPostgresUrl(given)) {
    throw commandErrors.AUDIT_TARGET_INVALID.notUsable(target, 'its url is not a PostgreSQL address');
  }
  const url = parseAddress(given ?? 'postgres://localhost');
  if (given === undefined) {
    url.searchParams.set('host', parts.host ?? 'localhost');
    url.port = String(parts.port ?? '');
    url.username = encodeURIComponent(parts.username ?? '');
    url.pathname = encodeURIComponent(parts.database ?? '');
    const { password } = parts;
    const secret = typeof password === 'function' ? await passwordOf(password, target) : password;
    url.password = encodeURIComponent(secret ?? '');
  }
  const { ssl = parts.extra?.ssl } = parts;
  if (ssl !== undefined) setTls(url, ssl, target);
  const own = parts.extra?.options;
  if (typeof own === 'string') url.searchParams.set('options', own);
  return url.href;
}

async function passwordOf(password: () => string | Promise<string>, target: string): Promise<string> {
  try {
    return await password();
  } catch (error) {
    throw commandErrors.AUDIT_TARGET_INVALID.notUsable(target, 'its function password failed', error);
  }
}

const KNOWN = ['rejectUnauthorized', 'ca', 'cert', 'key'];

function setTls(url: URL, ssl: unknown, target: string): void {
  for (const name of ['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey']) url.searchParams.delete(name);
  const settings: Readonly<Record<string, unknown>> =
    typeof ssl === 'object' && ssl !== null ? { ...ssl } : { rejectUnauthorized: undefined };
  if (ssl === false) {
    url.searchParams.set('sslmode', 'disable');
    return;
  }
  const unknown = Object.keys(settings).filter((name) => !KNOWN.includes(name) && settings[name] !== undefined);
  if (unknown.length > 0) {
    throw commandErrors.AUDIT_TARGET_INVALID.notUsable(
      target,
      `its option ssl has settings that the command does not support: ${unknown.join(', ')}`,
    );
  }
  const { rejectUnauthorized, ca, cert, key } = settings;
  url.searchParams.set('sslmode', rejectUnauthorized === false ? 'no-verify' : 'verify-full');
  const files = Object.entries({ sslrootcert: ca, sslcert: cert, sslkey: key }).filter(([, pem]) => pem !== undefined);
  if (files.length === 0) return;
  const folder = mkdtempSync(join(tmpdir(), 'audit-tls-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const [name, pem] of files) {
    const file = join(folder, name);
    writeFileSync(file, textOf(pem), { mode: 0o600 });
    url.searchParams.set(name, file);
  }
}

function textOf(pem: unknown): string {
  return Array.isArray(pem) ? pem.map(textOf).join('\n') : Buffer.isBuffer(pem) ? pem.toString('utf8') : String(pem);
}
