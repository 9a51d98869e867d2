import pg from 'pg';
import { getErrorMessage } from '../../audit/nest-free.js';
import { StartError } from '../start.error.js';

/** Runs `work` with a new connection, and closes the connection afterwards. Rejects with the error of the connection or of `work`. */
export async function withClient<Result>(
  settings: pg.ClientConfig & { readonly connectionString: string },
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ application_name: 'nestjs-audit-ledger migrate', ...settings });
  client.on('error', () => undefined); // ignored, because the running statement rejects with the same error
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const MIN_MAJOR_VERSION = 15;
const CONNECT_TIMEOUT_MS = 5_000;
const VERSION = `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number`;

const OWNER = `SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE oid = to_regclass('audit_event')`;
const SELECT_CAN_MIGRATE = `
  SELECT CASE WHEN $1::name IS NULL THEN has_schema_privilege(current_schema(), 'CREATE')
              ELSE pg_has_role($1::name, 'USAGE') END AS may`;

/** Connects once, within 5 s. Resolves with the server's version, such as `18.4`. @throws `DATABASE_UNUSABLE` */
export async function checkServer(url: string): Promise<string> {
  const seen = await readServerVersion(url).catch((error: unknown) => {
    // If a host has several addresses, the error contains one error per address, and its own message is empty.
    const [cause = error] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
    throw StartError.forDatabase(showUrl(url), getErrorMessage(cause), cause);
  });
  const version = String(seen?.version);
  if (Number(seen?.number) >= MIN_MAJOR_VERSION * 10_000) return version;
  throw StartError.forDatabase(showUrl(url), `it is PostgreSQL ${version}, older than ${MIN_MAJOR_VERSION}`);
}

async function readServerVersion(url: string): Promise<Record<string, unknown> | undefined> {
  // Without this check, the driver would guess the missing parts, and Node's own error would show the address with its password.
  if (!URL.canParse(url) || !/^postgres(ql)?:\/\/[^/]+\/[^/?]/.test(url)) {
    throw new TypeError('it is not an address of a PostgreSQL database');
  }
  return queryRow(url, VERSION);
}

/** Returns the address with `***` instead of the password, even if the address is invalid. */
export function showUrl(url: string): string {
  const withoutQueryPassword = url.replace(/([?&\s]|^)(password=)[^&\s]*/gi, '$1$2***');
  // The pattern is greedy up to the last "@", so that no part of a password with an unescaped "@" or "/" is shown.
  return withoutQueryPassword.replace(/^([^:/]*:?\/\/)?(.*)@/s, (_whole, scheme: string | undefined, user: string) => {
    const name = user.split(':', 1)[0] ?? '';
    return `${scheme ?? ''}${name === user ? user : `${name}:***`}@`;
  });
}

/**
 * Whether the role in `url` may migrate the ledger. Only the owner may migrate an existing ledger; any role that may create tables may make
 * a missing ledger. `ledgerUrl` may have another role and search path than `url`.
 */
export async function canMigrateLedger(url: string, ledgerUrl = url): Promise<boolean> {
  const owner = await queryRow(ledgerUrl, OWNER).catch((error: unknown) => {
    if (ledgerUrl === url) throw error;
    return undefined; // events go to the spill until the ledger can be reached
  });
  return (await queryRow(url, SELECT_CAN_MIGRATE, [owner?.owner ?? null]))?.may === true;
}

async function queryRow(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown> | undefined> {
  const limits = { connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: CONNECT_TIMEOUT_MS };
  return withClient({ connectionString: url, ...limits, application_name: 'check-server' }, async (client) => {
    return (await client.query<Record<string, unknown>>(text, values)).rows[0];
  });
}
