import { readFileSync } from 'node:fs';
import { parseAddress } from '../../monitoring/store/sessions/ledger-address.js';
import { TLS } from './address-of-parts.js';
import { flagOf, type ConnectionOptions } from '../options.js';
import { namingFile } from '../error-sentence.js';
import { commandErrors } from '../cli.errors.js';

const MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type Mode = (typeof MODES)[number];

interface Setting {
  readonly value: string;
  readonly source: string;
}

const PARAMETERS = ['sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey'];

/**
 * Adds TLS settings to an address: from the options, and from libpq's variables. As in libpq, `require` checks the server's certificate only
 * if root certificates are given. The settings in the address have precedence over the variables.
 *
 * @throws `AUDIT_CALL_INVALID`
 */
export function addTls(address: string, connection: ConnectionOptions): string {
  const url = parseAddress(address);
  const isInUrl = PARAMETERS.some((name) => url.searchParams.has(name));
  const [mode, root, certificate, key] = TLS.map((option): Setting | undefined => {
    const given = connection[option];
    if (given !== undefined) return { value: given, source: flagOf(option) };
    const source = `PG${option.toUpperCase()}`;
    const value = process.env[source];
    return isInUrl || !value ? undefined : { value, source };
  });
  const found = [mode, root, certificate, key].filter((each) => each !== undefined);
  if (found.length === 0) return address;
  const asked = modeOf(mode, root);
  const problems = [
    ...contradictions(asked, { mode, root, certificate, key }),
    ...(asked === 'disable'
      ? []
      : [wrongPem(root, 'CERTIFICATE'), wrongPem(certificate, 'CERTIFICATE'), wrongPem(key, 'PRIVATE KEY')].flat()),
  ];
  if (problems.length > 0) throw commandErrors.AUDIT_CALL_INVALID.connection(problems);
  for (const name of PARAMETERS) url.searchParams.delete(name);
  url.searchParams.set('sslmode', asked);
  if (asked === 'disable') return url.href;
  url.searchParams.set('uselibpqcompat', 'true');
  if (root && !isSystem(root)) url.searchParams.set('sslrootcert', root.value);
  if (certificate) url.searchParams.set('sslcert', certificate.value);
  if (key) url.searchParams.set('sslkey', key.value);
  return url.href;
}

function modeOf(given: Setting | undefined, root: Setting | undefined): Mode {
  if (!given) return root ? 'verify-full' : 'require';
  if (given.value === 'no-verify') return 'require'; // `no-verify` is node-postgres's name for `require`
  const mode = MODES.find((each) => each === given.value);
  if (mode) return mode;
  const may = given.value === 'prefer' || given.value === 'allow' ? ', which may connect without encryption' : '';
  throw commandErrors.AUDIT_CALL_INVALID.connection([
    `${given.source} is ${given.value}${may}: set disable, require, verify-ca or verify-full`,
  ]);
}

type Settings = Readonly<Record<'mode' | 'root' | 'certificate' | 'key', Setting | undefined>>;

function contradictions(asked: Mode, { mode, root, certificate, key }: Settings): readonly string[] {
  const useless = [root, certificate, key].filter((each) => each?.source.startsWith('--'));
  return [
    ...(asked === 'disable' && useless.length > 0
      ? [`${mode?.source ?? ''} is disable: leave out ${useless.map((each) => each?.source).join(', ')}`]
      : []),
    ...(asked === 'verify-ca' && (!root || isSystem(root))
      ? [`${mode?.source ?? ''} is verify-ca: give the file of root certificates with --ssl-root-cert`]
      : []),
    ...(certificate && !key ? [`${certificate.source} needs its key: give --ssl-key`] : []),
    ...(key && !certificate ? [`${key.source} needs its certificate: give --ssl-cert`] : []),
  ];
}

function isSystem({ value }: Setting): boolean {
  return value === 'system';
}

function wrongPem(setting: Setting | undefined, what: string): readonly string[] {
  if (!setting || isSystem(setting)) return [];
  const isPem = readText(setting.value).includes(`${what}-----`);
  return isPem ? [] : [`${setting.source} ${setting.value} contains no ${what.toLowerCase()} in PEM`];
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw namingFile(error, file);
  }
}
