import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseAddress } from '../../monitoring/store/sessions/ledger-address.js';
import { userName } from './current-operator.js';
import { readInput } from '../read-input.js';
import { commandErrors } from '../cli.errors.js';

/**
 * Adds the password to an address: from `file`, else from `PGPASSFILE` or `~/.pgpass`, like psql. If the address or `PGPASSWORD` has a
 * password, `PGPASSFILE` and `~/.pgpass` are not read. If the file is unreadable, rejects with the system's error.
 *
 * @throws `AUDIT_CALL_INVALID`
 */
export async function addPassword(address: string, file: string | undefined): Promise<string> {
  const url = parseAddress(address);
  const hasOwn = url.password !== '' || url.searchParams.has('password');
  if (file !== undefined) {
    if (hasOwn)
      throw commandErrors.AUDIT_CALL_INVALID.connection(['the URL has a password already: remove --password-file']);
    const [password = ''] = (await readInput(file)).split(/\r?\n/);
    if (password === '') throw commandErrors.AUDIT_CALL_INVALID.connection([`--password-file ${file} is empty`]);
    return withPassword(url, password);
  }
  const { PGPASSWORD = '' } = process.env;
  const found = hasOwn || PGPASSWORD !== '' ? undefined : passwordByFile(url);
  return found === undefined ? address : withPassword(url, found);
}

function withPassword(url: URL, password: string): string {
  url.password = encodeURIComponent(password);
  return url.href;
}

function passwordByFile(url: URL): string | undefined {
  const { PGPASSFILE: named = '', PGUSER = '', PGPORT = '' } = process.env;
  const path = named === '' ? ownPasswords() : named;
  const text = path === undefined ? undefined : readPasswords(path, named !== '');
  if (text === undefined) return undefined;
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  const database = decodeURIComponent(url.pathname.slice(1));
  const user = decodeURIComponent(url.username) || PGUSER || userName();
  const wanted = [host.startsWith('/') ? 'localhost' : host, url.port || PGPORT || '5432', database || user, user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const fields = fieldsOf(line);
    const [password] = fields.slice(wanted.length);
    if (password !== undefined && wanted.every((each, nth) => fields[nth] === '*' || fields[nth] === each)) {
      return password;
    }
  }
  return undefined;
}

function ownPasswords(): string | undefined {
  try {
    return join(homedir(), '.pgpass');
  } catch {
    return undefined; // a container's user may have no home
  }
}

/** If other users can read the file, a `PGPASSFILE` is refused; a `~/.pgpass` is ignored, as psql ignores it. */
function readPasswords(path: string, isNamed: boolean): string | undefined {
  if (!isNamed && !existsSync(path)) return undefined;
  const found = statSync(path);
  if (!isNamed && !found.isFile()) return undefined;
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    if (!isNamed) return undefined;
    throw commandErrors.AUDIT_CALL_INVALID.connection([
      `others can read the passwords of PGPASSFILE ${path}: run chmod 600 ${path}`,
    ]);
  }
  return readFileSync(path, 'utf8');
}

/** Splits `host:port:database:user:password`, in which `\:` and `\\` stand for a colon and a backslash of a value. */
function fieldsOf(line: string): readonly string[] {
  return Array.from(line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/gy), ([, field = '']) => field.replace(/\\(.)/g, '$1'));
}
