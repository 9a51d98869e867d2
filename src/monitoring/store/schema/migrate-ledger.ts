import type { MigrationRunner } from '../../../../migrations/audit-migration.types.js';
import {
  makeRoles,
  ownerOfLedger,
  ownerWith,
  quote,
  rolesSuffix,
  separateOwner,
  type Login,
  type Ownership,
} from '../../../../migrations/audit-ownership.js';
import { explainLedgerError } from '../sessions/classify-ledger-error.js';
import { isPostgresUrl, parseAddress } from '../sessions/ledger-address.js';
import { MIGRATOR } from '../ledger-roles.js';
import { LedgerSession } from '../sessions/ledger-session.js';
import { readCurrentSchema, runPart } from './enter-schema.js';
import { repairLedger } from './repair-ledger.js';
import type { AuditExtension } from '../../../../migrations/audit-migrations.js';
import { toExtensions, listInstalledExtensions } from './installed-extensions.js';
import { lockMigrations, runNextMigration, findSeparateSchema, DEFAULT_LEDGER_SCHEMA } from './run-next-migration.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';
import { schemaErrors } from '../../errors/schema.errors.js';

/** The address of the ledger, and the changes to make in its database. */
export interface MigrateLedgerOptions {
  /** A PostgreSQL connection URL of the application's login. Without `adminUrl`, this login owns the ledger's tables. */
  readonly connectionUrl: string;
  /**
   * A connection URL of a role that may create roles. If it is set, the ledger belongs to its role `audit_owner_…`, which cannot log in. The
   * login of `connectionUrl` is created if that login is missing, and gets only the rights of the ledger's roles.
   *
   * @defaultValue none: the login of `connectionUrl` owns the tables, with all rights of an owner
   */
  readonly adminUrl?: string;
  /**
   * With `adminUrl`, the address of the login that seals, retires and erases. This login is created if it is missing. The login of
   * `connectionUrl` then only adds and reads events, and loses its other rights.
   *
   * @defaultValue none: the login of `connectionUrl` seals, retires and erases
   */
  readonly sequencerUrl?: string | undefined;
  /**
   * The database schema; created if it is missing.
   *
   * @defaultValue `audit` with `adminUrl`, or if the database has a ledger in that schema; otherwise the first schema of the connection's
   *   search path
   */
  readonly schema?: string;
  /** The extensions to create tables for, in addition to the existing extensions. @defaultValue none */
  readonly with?: readonly AuditExtension[];
  /** With `adminUrl`, whether to create only the roles and the login, for example before a restore. @defaultValue false */
  readonly rolesOnly?: boolean;
  /** Whether to restore owners, grants, policies, triggers and functions, for example after a restore. @defaultValue false */
  readonly repair?: boolean;
  /** Whether to roll all changes back at the end, so that the call only reports the changes. @defaultValue false */
  readonly dryRun?: boolean;
  /** Called after each migration with its number and the total. */
  readonly onMigrated?: (nth: number, total: number) => void;
}

/** The result of {@link migrateLedger}. */
export interface MigratedLedger {
  /** The names of the migrations that ran, oldest first; empty if the schema was up to date. */
  readonly ran: readonly string[];
  /**
   * Every statement that changed something, in order. Statements for roles, the schema and the search path are included. The whole list,
   * run in one transaction, has the same effect as the call.
   */
  readonly statements: readonly string[];
  /**
   * A sentence for each change, such as a migration, a created role or a restored grant. After a repair, also a sentence for each
   * difference that is left.
   */
  readonly did: readonly string[];
  /** The extensions that the ledger has after the call. */
  readonly extensions: readonly AuditExtension[];
}

/**
 * Migrates the ledger's tables and functions to this version, each migration in its own transaction. Other objects of the database stay
 * unchanged. Several processes may call this function at the same time: one runs a migration, and the other processes wait. The table
 * `audit_migration` records the migrations. Existing extensions are migrated, too; `with` adds extensions. Do not call this function with TypeORM.
 * Add the result of `createAuditMigrations()` to the migrations of the data source instead.
 *
 * @throws `AUDIT_LEDGER_ADDRESS_INVALID`, `AUDIT_SCHEMA_UNUSABLE`, `AUDIT_LEDGER_UNAVAILABLE`
 */
export async function migrateLedger(options: MigrateLedgerOptions): Promise<MigratedLedger> {
  const { connectionUrl, adminUrl, sequencerUrl, dryRun = false, repair = false, rolesOnly = false } = options;
  if (!isPostgresUrl(connectionUrl)) throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress('connectionUrl');
  if (adminUrl !== undefined && !isPostgresUrl(adminUrl))
    throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress('adminUrl');
  if (sequencerUrl !== undefined && !isPostgresUrl(sequencerUrl))
    throw ledgerErrors.AUDIT_LEDGER_ADDRESS_INVALID.noAddress('sequencerUrl');
  const requested = toExtensions(options.with ?? []);
  const address = adminUrl === undefined ? connectionUrl : replaceDatabase(adminUrl, connectionUrl);
  const session = await LedgerSession.open(address, MIGRATOR).catch((error: unknown) => {
    throw explainLedgerError(error);
  });
  let schema = options.schema ?? (adminUrl === undefined ? undefined : DEFAULT_LEDGER_SCHEMA);
  const statements: string[] = [];
  const quiet: MigrationRunner = { query: (text, values) => session.rows(text, values) };
  const runner: MigrationRunner = {
    query: (text, values) => {
      if (values === undefined) statements.push(text); // statements with values only read the database
      return quiet.query(text, values);
    },
  };
  const did: string[] = [];
  let extensions: readonly AuditExtension[] = [];
  let suffix = '';
  const isComplete = repair || rolesOnly;
  const separate = async (): Promise<void> => {
    const schemaName = schema;
    if (adminUrl === undefined || schemaName === undefined) return;
    await lockMigrations(runner, schemaName);
    suffix = await rolesSuffix(quiet, schemaName, repair);
    const make = rolesOnly ? makeRoles : separateOwner;
    did.push(
      ...(await runPart('creating the roles', schemaName, () =>
        make(runner, resolveOwnership({ connectionUrl, adminUrl, sequencerUrl, schema: schemaName, suffix })),
      )),
    );
    const owner = await ownerOfLedger(runner, schemaName);
    if (!isComplete && owner !== undefined && owner !== ownerWith(suffix))
      throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.owned(schemaName, owner);
  };
  const restore = async (): Promise<void> => {
    if (!repair) return;
    const schemaName = schema ?? (await readCurrentSchema(quiet));
    if (schemaName === undefined) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.none();
    await lockMigrations(runner, schema);
    suffix ||= await rolesSuffix(quiet, schemaName, repair);
    const request = { schema: schemaName, isSeparate: adminUrl !== undefined, suffix };
    did.push(...(await runPart('restoring its protection', schemaName, () => repairLedger(quiet, request))));
    extensions = await listInstalledExtensions(quiet);
  };
  const next = async (): Promise<string | undefined> => {
    const before = statements.length;
    if (adminUrl !== undefined) await runner.query(`SET LOCAL ROLE ${quote(ownerWith(suffix))}`);
    const ran = await runNextMigration(runner, schema, requested);
    if (ran) {
      did.push(ran.does);
      options.onMigrated?.(ran.nth, ran.total);
    } else {
      statements.length = before; // drops the statements that only prepared the search for a migration
      extensions = await listInstalledExtensions(quiet);
    }
    return ran?.name;
  };
  const prepare = async (): Promise<void> => {
    await separate();
    await restore();
  };
  try {
    schema ??= await findSeparateSchema(session);
    const ran = dryRun
      ? await runInRolledBack(session, async () => {
          await prepare();
          return isComplete ? [] : collectAll(next);
        })
      : await session
          .inTransaction(prepare)
          .then(async () => (isComplete ? [] : collectAll(() => session.inTransaction(next))));
    return { ran, statements, did, extensions };
  } finally {
    await session.close();
  }
}

type Addresses = Pick<MigrateLedgerOptions, 'connectionUrl' | 'sequencerUrl'> &
  Required<Pick<MigrateLedgerOptions, 'adminUrl' | 'schema'>> &
  Pick<Ownership, 'suffix'>;

/** The application's logins must differ from the administrator's login. */
function resolveOwnership({ connectionUrl, adminUrl, sequencerUrl, schema, suffix }: Addresses): Ownership {
  const application = parseLogin(connectionUrl);
  const sequencer = sequencerUrl === undefined ? undefined : parseLogin(sequencerUrl);
  const admin = parseLogin(adminUrl).login;
  for (const { login } of [application, ...(sequencer ? [sequencer] : [])]) {
    if (login === '' || login === admin) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.sameLogin(login);
  }
  if (sequencer?.login === application.login) throw schemaErrors.AUDIT_SCHEMA_UNUSABLE.sameSequencer(application.login);
  return { schema, suffix, ...application, sequencer };
}

function parseLogin(address: string): Login {
  const { username, password } = parseAddress(address);
  return {
    login: decodeURIComponent(username),
    password: password === '' ? undefined : decodeURIComponent(password),
  };
}

/** Returns `adminUrl` with the ledger's database, because `adminUrl` often names another database. */
function replaceDatabase(adminUrl: string, connectionUrl: string): string {
  const url = parseAddress(adminUrl);
  url.pathname = parseAddress(connectionUrl).pathname;
  return url.href;
}

async function collectAll(next: () => Promise<string | undefined>): Promise<readonly string[]> {
  const ran: string[] = [];
  for (let name = await next(); name !== undefined; name = await next()) ran.push(name);
  return ran;
}

async function runInRolledBack<Result>(session: LedgerSession, work: () => Promise<Result>): Promise<Result> {
  await session.rows('BEGIN');
  return work().finally(() => session.rows('ROLLBACK').catch(() => session.drop()));
}
