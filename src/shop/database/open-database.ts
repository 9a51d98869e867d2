import { createHash, createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUDIT_EXTENSIONS } from '../../../migrations/audit-migrations.js';
import { getErrorMessage, makeContextKeyFile, padContextKey, readContextKey } from '../../audit/nest-free.js';
import { isRowCaptureEnabled, type AppConfig } from '../config/index.js';
import { migrateLedger } from '../../monitoring/index.js';
import { checkServer, canMigrateLedger, withClient } from './check-server.js';
import { replaceFile, startEmbeddedPostgres } from './embedded/start-embedded-postgres.js';
import { migrate } from './migrate.js';

const DEFAULT_EMBEDDED_DIR = '.data/pg';
const SEQUENCER_LOGIN = 'app_sequencer';
const DEFAULT_CONTEXT_KEY_FILE = '.data/context.key';
const LEDGER_SCHEMA = 'audit';

const STORE_KEY = `
  INSERT INTO audit_context_key (id, inner_pad, outer_pad, logins)
    SELECT $1, $2, $3, ARRAY[$4] WHERE NOT EXISTS (SELECT FROM audit_context_key WHERE inner_pad = $2)
    ON CONFLICT DO NOTHING`;

const SET_OWNER_ROLE = `SELECT set_config('role', pg_get_userbyid(relowner), false) FROM pg_class WHERE oid = 'audit_context_key'::regclass`;

export interface OpenDatabase {
  readonly url: string;
  /** The address of the ledger, if it differs from `url`. */
  readonly ledgerUrl?: string;
  /** The ledger's address for the login that seals, if it differs from `ledgerUrl`. */
  readonly sequencerUrl?: string;
  /** The file with the key that signs the contexts of row changes. The database contains the same key. */
  readonly contextKeyFile?: string;
  /** The superuser's address and the folder of an embedded server. */
  readonly admin?: { readonly url: string; readonly dir: string };
  /** Stops the embedded server, unless other applications use it. */
  close(): Promise<void>;
}

/**
 * Opens and migrates the configured database, or an embedded one. If the ledger has a separate database, migrates that database, too. If
 * that database cannot be reached, events go to the spill. @throws `DATABASE_UNUSABLE`, `EMBEDDED_START_FAILED`
 */
export async function openDatabase(config: AppConfig, log: (message: string) => void): Promise<OpenDatabase> {
  const database: OpenDatabase =
    config.DATABASE_URL === undefined
      ? await openEmbedded(config, log)
      : { url: config.DATABASE_URL, close: () => Promise.resolve() };
  try {
    const ledgerUrl = getSeparateLedgerUrl(config, database.url);
    const version = await checkServer(database.url);
    const isHere = config.MONITORING_ENABLED && ledgerUrl === undefined;
    const isSeparate = isHere && config.AUDIT_DATABASE_URL === undefined && database.admin !== undefined;
    const isOwned = isHere && !isSeparate && (await canMigrateLedger(database.url, config.AUDIT_DATABASE_URL));
    const ran = await migrate(database.url, { monitoring: isOwned });
    const { ran: ranToo = [], ...separate } = isSeparate ? await openSeparateLedger(database.url, database.admin) : {};
    log(describe(version, [...ran, ...ranToo]));
    if (ledgerUrl !== undefined) await openLedger(ledgerUrl, log);
    const isKept = isRowCaptureEnabled(config) && (isOwned || isSeparate) && config.AUDIT_DATABASE_URL === undefined;
    const keyFile = isKept ? await ensureContextKey(config, database, isSeparate, log) : undefined;
    return { ...database, ...separate, ...(keyFile !== undefined && { contextKeyFile: keyFile }) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Resolves with `undefined` after an error, or if the file is missing in production. Row changes then have no actor. */
async function ensureContextKey(
  { AUDIT_CONTEXT_KEY_FILE: file = DEFAULT_CONTEXT_KEY_FILE }: AppConfig,
  { url, admin }: OpenDatabase,
  isSeparate: boolean,
  log: (message: string) => void,
): Promise<string | undefined> {
  if (process.env.NODE_ENV === 'production' && !existsSync(file)) return undefined;
  const login = decodeURIComponent(new URL(url).username);
  try {
    await makeContextKeyFile(file);
    const { inner, outer } = padContextKey(readContextKey({ keyFile: file }));
    const name = `${login} ${createHash('sha256').update(inner).digest('hex').slice(0, 8)}`;
    await withClient({ connectionString: isSeparate && admin ? admin.url : url }, async (client) => {
      if (isSeparate) {
        await client.query(`SELECT set_config('search_path', $1, false)`, [LEDGER_SCHEMA]);
        await client.query(SET_OWNER_ROLE);
      }
      await client.query(STORE_KEY, [name, inner, outer, login]);
    });
    return file;
  } catch (error) {
    log(`Cannot store the context key: ${getErrorMessage(error)}. Row changes are unattributed without it.`);
    return undefined;
  }
}

function getSeparateLedgerUrl(config: AppConfig, databaseUrl: string): string | undefined {
  const { AUDIT_DATABASE_URL: url, MONITORING_ENABLED: isOn } = config;
  return isOn && url !== undefined && !isSameDatabase(url, databaseUrl) ? url : undefined;
}

/** Never rejects. */
async function openLedger(url: string, log: (message: string) => void): Promise<void> {
  try {
    const version = await checkServer(url);
    const seen = (await canMigrateLedger(url))
      ? describe(version, (await migrateLedger({ connectionUrl: url, with: AUDIT_EXTENSIONS })).ran)
      : `PostgreSQL ${version}, migrated by its owner`;
    log(`Database of the ledger: ${seen}`);
  } catch (error) {
    log(
      `Cannot open the database of AUDIT_DATABASE_URL. ${getErrorMessage(error)} Events are stored in the spill until the database can be written.`,
    );
  }
}

function describe(version: string, ran: readonly string[]): string {
  return `PostgreSQL ${version}, ${ran.length === 0 ? 'schema up to date' : `migrated: ${ran.join(', ')}`}`;
}

/** Returns the addresses of the ledger in the server of `npm start`; nothing before the first start. */
export function getEmbeddedLedger({ EMBEDDED_PG_DIR: dir = DEFAULT_EMBEDDED_DIR }: AppConfig): {
  readonly ledgerUrl?: string;
  readonly sequencerUrl?: string;
} {
  const [ledgerUrl, sequencerUrl] = [join(dir, 'ledger.url'), join(dir, 'sequencer.url')];
  if (!existsSync(sequencerUrl)) return {};
  return { ledgerUrl: readFileSync(ledgerUrl, 'utf8').trim(), sequencerUrl: readFileSync(sequencerUrl, 'utf8').trim() };
}

async function openEmbedded(config: AppConfig, log: (message: string) => void): Promise<OpenDatabase> {
  const dir = config.EMBEDDED_PG_DIR ?? DEFAULT_EMBEDDED_DIR;
  const embedded = await startEmbeddedPostgres({ dir, log });
  const { url, superuserUrl } = embedded;
  const adminUrl = Object.assign(new URL(superuserUrl), { pathname: new URL(url).pathname }).href;
  return { url, close: () => embedded.stop(), admin: { url: adminUrl, dir } };
}

async function openSeparateLedger(
  url: string,
  admin: NonNullable<OpenDatabase['admin']>,
): Promise<{ readonly ran: readonly string[]; readonly ledgerUrl: string; readonly sequencerUrl: string }> {
  // The secret is derived from the superuser's password, so that all applications with the same folder use the same secret.
  const secret = createHmac('sha256', new URL(admin.url).password).update(SEQUENCER_LOGIN).digest('base64url');
  const found = new URL(url);
  found.searchParams.set('options', `-c search_path=${LEDGER_SCHEMA}`);
  const ledgerUrl = found.href;
  const sequencerUrl = Object.assign(new URL(ledgerUrl), { username: SEQUENCER_LOGIN, password: secret }).href;
  const addresses = { connectionUrl: url, adminUrl: admin.url, sequencerUrl, schema: LEDGER_SCHEMA };
  const { ran } = await migrateLedger({ ...addresses, with: AUDIT_EXTENSIONS });
  await replaceFile(join(admin.dir, 'ledger.url'), ledgerUrl);
  await replaceFile(join(admin.dir, 'sequencer.url'), sequencerUrl);
  return { ran, ledgerUrl, sequencerUrl };
}

/** Whether two addresses have the same host, port and database name. Users and settings are not compared. */
function isSameDatabase(one: string, other: string): boolean {
  return formatServerAndName(one) === formatServerAndName(other);
}

function formatServerAndName(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port === '' ? '5432' : port}${pathname}`;
}
