import type { MigrationRunner } from '../../../../../migrations/audit-migration.types.js';
import {
  LEDGER_OWNER,
  makeRoles,
  ownerOfLedger,
  quote,
  separateOwner,
  type Login,
  type Ownership,
} from '../../../../../migrations/audit-ownership.js';
import { LedgerAddressError } from '../../errors/ledger-address.error.js';
import { explainLedgerError } from '../sessions/classify-ledger-error.js';
import { isPostgresUrl } from '../sessions/ledger-address.js';
import { MIGRATOR } from '../ledger-roles.js';
import { LedgerSession } from '../sessions/ledger-session.js';
import { currentSchema, takePart } from './enter-schema.js';
import { repairLedger } from './repair-ledger.js';
import type { AuditRoom } from '../../../../../migrations/audit-migrations.js';
import { roomsNamed, roomsThere } from './rooms-there.js';
import { lockMigrations, runNextMigration, schemaApart, SCHEMA_OF_ITS_OWN } from './run-next-migration.js';
import { SchemaUnusableError } from './schema.error.js';

/** The address of the ledger, and what to do there. */
export interface MigrateLedgerOptions {
  /** A PostgreSQL connection URL of the application's login, or without `adminUrl`, of the role that will own the ledger's tables. */
  readonly connectionUrl: string;
  /**
   * A connection URL of a role that may make roles. With it, the ledger belongs to the role `audit_owner`, which cannot log in. The login
   * of `connectionUrl` is made if it is missing, and only gets the rights of the ledger's roles.
   *
   * @defaultValue none: the login of `connectionUrl` owns the tables, with all rights of an owner
   */
  readonly adminUrl?: string;
  /**
   * With `adminUrl`, the address of the login that seals, retires and erases; it is made if it is missing. The login of `connectionUrl`
   * then only adds and reads events, and loses its other rights.
   *
   * @defaultValue none: the login of `connectionUrl` does that as well
   */
  readonly sequencerUrl?: string | undefined;
  /**
   * The database schema; made when it is missing.
   *
   * @defaultValue with `adminUrl`, or if the database has a ledger there, `audit`; else the first one of the connection's search path
   */
  readonly schema?: string;
  /** The rooms that get their tables, in addition to existing rooms. @defaultValue none */
  readonly with?: readonly AuditRoom[];
  /** Whether to make only the roles and the login, with `adminUrl`: before a dump is restored. @defaultValue false */
  readonly rolesOnly?: boolean;
  /** Whether to restore owners, grants, policies, triggers and functions, for example after a restore. @defaultValue false */
  readonly repair?: boolean;
  /** Whether to roll everything back, so that the result only shows what would happen. @defaultValue false */
  readonly dryRun?: boolean;
  /** Called after each migration with its number and the total. */
  readonly onMigrated?: (nth: number, total: number) => void;
}

/** The result of {@link migrateLedger}. */
export interface MigratedLedger {
  /** The names of the migrations that ran, oldest first; empty if the schema was up to date. */
  readonly ran: readonly string[];
  /**
   * Every statement that changed something, in order, with the roles, schema and search path that they need. They have the same effect when
   * run in one transaction.
   */
  readonly statements: readonly string[];
  /** What else was made, granted and restored, a sentence each. */
  readonly did: readonly string[];
  /** The rooms that the ledger has now. */
  readonly rooms: readonly AuditRoom[];
}

/**
 * Brings the ledger's tables and functions up to date, beside whatever else the database holds, each migration in a transaction of its own.
 * Any number of processes may call it at once: one runs a migration, the others wait. The table `audit_migration` keeps what ran. Existing
 * rooms are kept up to date; new ones are added if `with` names them. With TypeORM, run `AUDIT_MIGRATIONS` by its data source instead, not
 * both.
 *
 * @throws LedgerAddressError (`AUDIT_LEDGER_ADDRESS_INVALID`), SchemaUnusableError (`AUDIT_SCHEMA_UNUSABLE`), LedgerUnavailableError
 * (`AUDIT_LEDGER_UNAVAILABLE`)
 */
export async function migrateLedger(options: MigrateLedgerOptions): Promise<MigratedLedger> {
  const { connectionUrl, adminUrl, sequencerUrl, dryRun = false, repair = false, rolesOnly = false } = options;
  if (!isPostgresUrl(connectionUrl)) throw LedgerAddressError.noAddress('connectionUrl');
  if (adminUrl !== undefined && !isPostgresUrl(adminUrl)) throw LedgerAddressError.noAddress('adminUrl');
  if (sequencerUrl !== undefined && !isPostgresUrl(sequencerUrl)) throw LedgerAddressError.noAddress('sequencerUrl');
  const wanted = roomsNamed(options.with ?? []);
  const address = adminUrl === undefined ? connectionUrl : inDatabaseOf(adminUrl, connectionUrl);
  const session = await LedgerSession.open(address, MIGRATOR).catch((error: unknown) => {
    throw explainLedgerError(error);
  });
  let schema = options.schema ?? (adminUrl === undefined ? undefined : SCHEMA_OF_ITS_OWN);
  const statements: string[] = [];
  const quiet: MigrationRunner = { query: (text, values) => session.rows(text, values) };
  const runner: MigrationRunner = {
    query: (text, values) => {
      if (values === undefined) statements.push(text); // a statement with values only reads
      return quiet.query(text, values);
    },
  };
  const did: string[] = [];
  let rooms: readonly AuditRoom[] = [];
  const isWhole = repair || rolesOnly;
  const separate = async (): Promise<void> => {
    const place = schema;
    if (adminUrl === undefined || place === undefined) return;
    await lockMigrations(runner, place);
    const make = rolesOnly ? makeRoles : separateOwner;
    did.push(
      ...(await takePart('making the roles', place, () =>
        make(runner, ownershipOf({ connectionUrl, adminUrl, sequencerUrl, schema: place })),
      )),
    );
    const owner = await ownerOfLedger(runner, place);
    if (!isWhole && owner !== undefined && owner !== LEDGER_OWNER) throw SchemaUnusableError.owned(place, owner);
  };
  const restore = async (): Promise<void> => {
    if (!repair) return;
    const place = schema ?? (await currentSchema(quiet));
    if (place === undefined) throw SchemaUnusableError.none();
    await lockMigrations(runner, schema);
    const request = { schema: place, isSeparate: adminUrl !== undefined };
    did.push(...(await takePart('putting its protection back', place, () => repairLedger(quiet, request))));
    rooms = await roomsThere(quiet);
  };
  const next = async (): Promise<string | undefined> => {
    const before = statements.length;
    if (adminUrl !== undefined) await runner.query(`SET LOCAL ROLE ${quote(LEDGER_OWNER)}`);
    const ran = await runNextMigration(runner, schema, wanted);
    if (ran) options.onMigrated?.(ran.nth, ran.total);
    else {
      statements.length = before; // entered only for checks
      rooms = await roomsThere(quiet);
    }
    return ran?.name;
  };
  const prepare = async (): Promise<void> => {
    await separate();
    await restore();
  };
  try {
    schema ??= await schemaApart(session);
    const ran = dryRun
      ? await undone(session, async () => {
          await prepare();
          return isWhole ? [] : all(next);
        })
      : await session.inTransaction(prepare).then(async () => (isWhole ? [] : all(() => session.inTransaction(next))));
    return { ran, statements, did, rooms };
  } finally {
    await session.close();
  }
}

type Addresses = Pick<MigrateLedgerOptions, 'connectionUrl' | 'sequencerUrl'> &
  Required<Pick<MigrateLedgerOptions, 'adminUrl' | 'schema'>>;

/** Checks that no login of the application is the administrator. */
function ownershipOf({ connectionUrl, adminUrl, sequencerUrl, schema }: Addresses): Ownership {
  const application = loginOf(connectionUrl);
  const sequencer = sequencerUrl === undefined ? undefined : loginOf(sequencerUrl);
  const admin = loginOf(adminUrl).login;
  for (const { login } of [application, ...(sequencer ? [sequencer] : [])]) {
    if (login === '' || login === admin) throw SchemaUnusableError.sameLogin(login);
  }
  if (sequencer?.login === application.login) throw SchemaUnusableError.sameSequencer(application.login);
  return { schema, ...application, sequencer };
}

function loginOf(address: string): Login {
  const { username, password } = new URL(address);
  return {
    login: decodeURIComponent(username),
    password: password === '' ? undefined : decodeURIComponent(password),
  };
}

/** The administrator's address with the ledger's database, since its own is often another one. */
function inDatabaseOf(adminUrl: string, connectionUrl: string): string {
  const url = new URL(adminUrl);
  url.pathname = new URL(connectionUrl).pathname;
  return url.href;
}

async function all(next: () => Promise<string | undefined>): Promise<readonly string[]> {
  const ran: string[] = [];
  for (let name = await next(); name !== undefined; name = await next()) ran.push(name);
  return ran;
}

/** Runs `work` in a transaction that is always rolled back. */
async function undone<Result>(session: LedgerSession, work: () => Promise<Result>): Promise<Result> {
  await session.rows('BEGIN');
  return work().finally(() => session.rows('ROLLBACK').catch(() => session.drop()));
}
