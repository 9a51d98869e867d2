import { fail, ok, warn, type Check, type Verdict } from '../../store/check.js';
import type { LedgerQueries } from '../../store/sessions/ledger-session.js';

/** What the server says of itself to the application's login. */
export interface ServerFacts {
  readonly version: number;
  readonly name: string;
  readonly encoding: string;
  readonly fsync: string;
  readonly pages: string;
  readonly commit: string;
  readonly archives: string;
  readonly standbyNames: string;
  readonly isStandby: boolean;
  readonly standbys: number;
  readonly archiveFails: boolean;
  readonly isEncrypted: boolean;
  readonly isLocal: boolean;
  /** By how many milliseconds the server's clock is ahead of this machine's. The error is at most half of a round trip. */
  readonly clockAheadMs: number;
}

const MIN_SERVER_VERSION = 150_000;
/** A larger difference between the clocks makes the times, tokens and ids of events wrong. */
const CLOCK_WARNING_MS = 1_000;
const CLOCK_ERROR_MS = 60_000;

const SERVER = `
  SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS name,
         current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
         current_setting('synchronous_commit') AS commit, current_setting('archive_mode') AS archives,
         current_setting('synchronous_standby_names') AS "standbyNames", pg_is_in_recovery() AS "isStandby",
         (SELECT count(*)::int FROM pg_stat_replication) AS standbys,
         (SELECT last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver) IS TRUE AS "archiveFails",
         coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS "isEncrypted",
         coalesce(inet_client_addr() <<= inet '127.0.0.0/8' OR inet_client_addr() = inet '::1', true) AS "isLocal"`;

const CLOCK = `SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now`;

/** Reads the facts about the server that the checks judge. Rejects with an error of the PostgreSQL client. */
export async function readServer(session: LedgerQueries): Promise<ServerFacts> {
  const [row] = await session.rows(SERVER);
  const before = Date.now();
  const [clock] = await session.rows(CLOCK);
  const clockAheadMs = Number(clock?.now) - (before + Date.now()) / 2;
  return { ...(row as unknown as ServerFacts), clockAheadMs }; // the selected columns
}

type ServerCheck = Check<{ readonly server: ServerFacts }>;

function serverCheck(name: string, assess: (server: ServerFacts) => Verdict): ServerCheck {
  return { name, needs: ['server'], run: ({ server }) => assess(server) };
}

export const SERVER_CHECKS: readonly ServerCheck[] = [
  serverCheck('postgresql', ({ version, name, isStandby, encoding }) => {
    if (version < MIN_SERVER_VERSION)
      return fail(`PostgreSQL ${name} is too old.`, 'Upgrade to PostgreSQL 15 or later.');
    if (isStandby)
      return fail(
        'The server at this address is a standby, which cannot store events.',
        'Name the address of the primary.',
      );
    if (encoding === 'UTF8') return ok(`PostgreSQL ${name}.`);
    const message = `The encoding of the database is ${encoding}, which cannot store every text.`;
    return fail(message, "Make a database for the ledger: CREATE DATABASE audit ENCODING 'UTF8' TEMPLATE template0.");
  }),
  serverCheck('disk-writes', ({ fsync, pages }) => {
    const off = [...(fsync === 'off' ? ['fsync'] : []), ...(pages === 'off' ? ['full_page_writes'] : [])];
    if (off.length === 0) return ok('The server writes safely: fsync and full_page_writes are on.');
    const message = `The server has ${off.join(' and ')} off: a power cut can destroy the database.`;
    return fail(message, `Set ${off.map((name) => `${name} = on`).join(', ')} in postgresql.conf, and reload.`);
  }),
  serverCheck('synchronous-commit', ({ commit, standbyNames }) => {
    const next =
      'Set it to on: ALTER ROLE … RESET synchronous_commit, ALTER DATABASE … RESET synchronous_commit, or postgresql.conf.';
    if (commit === 'off')
      return fail('synchronous_commit is off for this login: a crash can lose acknowledged events.', next);
    if (standbyNames === '') return ok(`synchronous_commit is ${commit}: a commit waits for the disk.`);
    return commit === 'local' || commit === 'remote_write'
      ? fail(
          `synchronous_commit is ${commit} for this login: commits do not wait for the disk of a standby in synchronous_standby_names.`,
          next,
        )
      : ok(`synchronous_commit is ${commit}: a commit waits for the disks of this server and of ${standbyNames}.`);
  }),
  serverCheck('backup', ({ archives, archiveFails, standbys }) => {
    if (archiveFails)
      return fail(
        'The server cannot archive its WAL: the last attempt failed.',
        'See pg_stat_archiver and the log of the server. Until the archiving works again, WAL files fill the disk.',
      );
    if (archives !== 'off') return ok(`The server archives its WAL (archive_mode is ${archives}).`);
    return standbys > 0
      ? warn(
          `The WAL is not archived; replicas: ${standbys}.`,
          'Make backups in addition to the replicas: a replica copies deletions.',
        )
      : warn(
          'The server neither archives its WAL nor has a replica: a restore loses everything since the last dump.',
          'Set up archive_mode and archive_command, or your provider’s point-in-time recovery.',
        );
  }),
  serverCheck('encryption', ({ isEncrypted, isLocal }) => {
    if (isEncrypted) return ok('The connection is encrypted.');
    if (isLocal) return ok('The connection stays on this machine.');
    const remedy = 'Add sslmode=verify-full to the address, and switch ssl on in the server.';
    return warn('The connection to the server is not encrypted.', remedy);
  }),
  serverCheck('clock', ({ clockAheadMs: ahead }) => {
    const after = Math.abs(ahead);
    if (after < CLOCK_WARNING_MS) return ok('The clocks of this machine and the database agree.');
    const message = `The clock of the database is ${(after / 1_000).toFixed(1)} s ${ahead > 0 ? 'ahead of' : 'behind'} this machine's.`;
    return (after < CLOCK_ERROR_MS ? warn : fail)(message, 'Synchronise both clocks (chrony, systemd-timesyncd).');
  }),
];
