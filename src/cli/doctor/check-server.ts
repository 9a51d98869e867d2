import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { fail, fine, warn, type Check } from './check.js';

type Row = Readonly<Record<string, unknown>>;

const OLDEST_SERVER = 150_000;
const OLDEST_NAME = 'PostgreSQL 15';
/** A larger difference between the clocks makes the times, tokens and ids of events wrong. */
const CLOCK_WARNING_MS = 1_000;
const CLOCK_ERROR_MS = 60_000;

const SERVER = `
  SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS version_name,
         current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
         current_setting('synchronous_commit') AS synchronous_commit, current_setting('archive_mode') AS archive_mode,
         current_setting('synchronous_standby_names') AS standby_names,
         pg_is_in_recovery() AS is_standby,
         (SELECT count(*)::int FROM pg_stat_replication) AS standbys,
         (SELECT last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver) AS archive_fails,
         coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS is_encrypted,
         coalesce(inet_client_addr() <<= inet '127.0.0.0/8' OR inet_client_addr() = inet '::1', true) AS is_local`;

const CLOCK = `SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now`;

/** Checks the server: version, durability, backups, encryption and clock. Rejects with an error of the PostgreSQL client. */
export async function checkServer(session: LedgerSession): Promise<readonly Check[]> {
  const [row = {}] = await session.rows(SERVER);
  return [
    checkVersion(row),
    ...checkDurability(row),
    checkBackup(row),
    checkEncryption(row),
    judgeClock(await clockDifference(session)),
  ];
}

function checkVersion({ version, version_name: name, is_standby: isStandby, encoding }: Row): Check {
  if (Number(version) < OLDEST_SERVER) {
    return fail('postgresql', `PostgreSQL ${String(name)} is too old.`, `Upgrade to ${OLDEST_NAME} or later.`);
  }
  if (isStandby === true) {
    return fail(
      'postgresql',
      'The server at this address is a standby, which cannot store events.',
      'Name the address of the primary.',
    );
  }
  if (encoding !== 'UTF8') {
    return fail(
      'postgresql',
      `The encoding of the database is ${String(encoding)}, which cannot store every text.`,
      "Make a database for the ledger: CREATE DATABASE audit ENCODING 'UTF8' TEMPLATE template0.",
    );
  }
  return fine('postgresql', `PostgreSQL ${String(name)}.`);
}

function checkDurability({ fsync, full_page_writes: pages, ...commits }: Row): readonly Check[] {
  const off = [...(fsync === 'off' ? ['fsync'] : []), ...(pages === 'off' ? ['full_page_writes'] : [])];
  return [
    off.length === 0
      ? fine('disk-writes', 'The server writes safely: fsync and full_page_writes are on.')
      : fail(
          'disk-writes',
          `The server has ${off.join(' and ')} off: a power cut can destroy the database.`,
          `Set ${off.map((name) => `${name} = on`).join(', ')} in postgresql.conf, and reload.`,
        ),
    checkCommit(commits),
  ];
}

function checkCommit({ synchronous_commit: commit, standby_names: names }: Row): Check {
  const name = 'synchronous-commit';
  const next =
    'Set it to on: ALTER ROLE … RESET synchronous_commit, ALTER DATABASE … RESET synchronous_commit, or postgresql.conf.';
  if (commit === 'off') {
    return fail(name, 'synchronous_commit is off for this login: a crash can lose acknowledged events.', next);
  }
  if (names === '') return fine(name, `synchronous_commit is ${String(commit)}: a commit waits for the disk.`);
  if (commit === 'local' || commit === 'remote_write') {
    const seen = `synchronous_commit is ${commit} for this login: commits do not wait for the disk of a standby in synchronous_standby_names.`;
    return fail(name, seen, next);
  }
  return fine(
    name,
    `synchronous_commit is ${String(commit)}: a commit waits for the disks of this server and of ${String(names)}.`,
  );
}

function checkBackup({ archive_mode: mode, archive_fails: fails, standbys }: Row): Check {
  if (fails === true) {
    const whatToDo =
      'See pg_stat_archiver and the log of the server. Until the archiving works again, WAL files fill the disk.';
    return fail('backup', 'The server cannot archive its WAL: the last attempt failed.', whatToDo);
  }
  if (mode !== 'off') return fine('backup', `The server archives its WAL (archive_mode is ${String(mode)}).`);
  if (Number(standbys) > 0) {
    const whatToDo = 'Make backups in addition to the replicas: a replica copies deletions.';
    return warn('backup', `The WAL is not archived; replicas: ${Number(standbys)}.`, whatToDo);
  }
  const says = 'The server neither archives its WAL nor has a replica: a restore loses everything since the last dump.';
  return warn('backup', says, 'Set up archive_mode and archive_command, or your provider’s point-in-time recovery.');
}

function checkEncryption({ is_encrypted: isEncrypted, is_local: isLocal }: Row): Check {
  if (isEncrypted === true) return fine('encryption', 'The connection is encrypted.');
  if (isLocal === true) return fine('encryption', 'The connection stays on this machine.');
  const whatToDo = 'Add sslmode=verify-full to the address, and switch ssl on in the server.';
  return warn('encryption', 'The connection to the server is not encrypted.', whatToDo);
}

/** The error of the result is at most half of a round trip. */
async function clockDifference(session: LedgerSession): Promise<number> {
  const before = Date.now();
  const [row] = await session.rows(CLOCK);
  const after = Date.now();
  return Number(row?.now) - (before + after) / 2;
}

/** Judges how much the clocks differ. @param ahead by how many milliseconds the server's clock is ahead */
export function judgeClock(ahead: number): Check {
  const seconds = (Math.abs(ahead) / 1_000).toFixed(1);
  if (Math.abs(ahead) < CLOCK_WARNING_MS) return fine('clock', 'The clocks of this machine and the database agree.');
  const says = `The clock of the database is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} this machine's.`;
  const whatToDo = 'Synchronise both clocks (chrony, systemd-timesyncd).';
  return Math.abs(ahead) < CLOCK_ERROR_MS ? warn('clock', says, whatToDo) : fail('clock', says, whatToDo);
}
