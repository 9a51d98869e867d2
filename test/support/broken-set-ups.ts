import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from '../../src/cli/doctor/check.js';
import { generateKeyPair } from '../../src/modules/monitoring/log/notes/note-key.js';

/** The origin of the ledger that `doctor` examines. */
export const ORIGIN = 'example.com/doctor';

/** What differs from a sound set-up. */
export interface SetUp {
  readonly ledger?: Readonly<Record<string, unknown>>;
  readonly spill?: Readonly<Record<string, unknown>> | 'bare';
  readonly environment?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** The sound set-up, of which one thing is broken. */
export interface SoundSetUp {
  /** The path of a file beside `signing.key` and `main.js`. */
  readonly inFolder: (name: string) => string;
  readonly connectionUrl: string;
  readonly superuserUrl: string;
}

/** A broken set-up, and the check that it turns red or yellow. */
interface Broken {
  readonly what: string;
  readonly check: string;
  readonly status: Check['status'];
  readonly says: RegExp;
}

/** What is broken in the application, its files or its environment. */
export const BROKEN_APPLICATIONS: readonly (Broken & {
  readonly setUp: (sound: SoundSetUp) => SetUp | Promise<SetUp>;
})[] = [
  { what: 'tables of rooms are there that are not imported', check: 'rooms', status: 'warning', says: /does not import: row-changes, watch, jetstream/,
    setUp: () => ({ environment: { DOCTOR_ROOMS: 'streams' } }) },
  { what: 'the key file is lost', check: 'key', status: 'error', says: /the key file .*lost\.key is missing/,
    setUp: ({ inFolder }) => ({ ledger: { signingKeyFile: inFolder('lost.key') } }) },
  { what: 'everybody may read the key file', check: 'key-mode', status: 'error', says: /its mode is 644/,
    setUp: async ({ inFolder }) => {
      await copyFile(inFolder('signing.key'), inFolder('open.key'));
      await chmod(inFolder('open.key'), 0o644);
      return { ledger: { signingKeyFile: inFolder('open.key') } };
    } },
  { what: 'the key is committed to git', check: 'key-repository', status: 'error', says: /committed to git/,
    setUp: async ({ inFolder }) => {
      const signingKeyFile = join(inFolder('repository'), 'signing.key');
      await mkdir(inFolder('repository'));
      await copyFile(inFolder('signing.key'), signingKeyFile);
      for (const command of [
        ['init', '-q'],
        ['add', 'signing.key'],
      ]) {
        execFileSync('git', ['-C', inFolder('repository'), ...command]);
      }
      return { ledger: { signingKeyFile } };
    } },
  { what: 'another key is used than the ledger was signed with', check: 'checkpoint', status: 'error', says: /Another key signed the newest checkpoint/,
    setUp: async ({ inFolder }) => {
      await writeFile(inFolder('other.key'), generateKeyPair(ORIGIN).signingKey, { mode: 0o600 });
      return { ledger: { signingKeyFile: inFolder('other.key') } };
    } },
  { what: 'the ledger has the name of the default', check: 'origin', status: 'warning', says: /the name of the default/,
    setUp: () => ({ ledger: { origin: undefined } }) },
  { what: 'the spill is off', check: 'spill', status: 'error', says: /has no spill/,
    setUp: () => ({ spill: { spill: false, spillDir: undefined, spillKey: undefined } }) },
  { what: 'the spill is in memory', check: 'spill', status: 'error', says: /is in memory/,
    setUp: () => ({ spill: { spillDir: '/dev/shm/audit-doctor' } }) },
  { what: 'the spill cannot be written', check: 'spill', status: 'error', says: /Cannot write into .*main\.js is a file/,
    setUp: ({ inFolder }) => ({ spill: { spillDir: join(inFolder('main.js'), 'spill') } }) },
  { what: 'the disk has no room for the spill', check: 'spill', status: 'warning', says: /has room for/,
    setUp: () => ({ spill: { maxSpillBytes: Number.MAX_SAFE_INTEGER } }) },
  { what: 'the key of the spill is short', check: 'options', status: 'error', says: /spillKey/,
    setUp: () => ({ spill: { spillKey: 'short' } }) },
  { what: 'a file beside the spill holds its key', check: 'spill-key', status: 'warning', says: /a file beside .* holds the key/,
    setUp: () => ({ spill: { spillKey: undefined }, environment: { NODE_ENV: 'development' } }) },
  { what: 'the file of checkpoints cannot be written', check: 'checkpoint-file', status: 'error', says: /Cannot write into .*main\.js is a file/,
    setUp: ({ inFolder }) => ({ ledger: { checkpointFile: join(inFolder('main.js'), 'checkpoints') } }) },
  { what: 'an option is misspelt', check: 'options', status: 'error', says: /signingKeyfile/,
    setUp: () => ({ ledger: { signingKeyfile: 'misspelt' } }) },
  { what: 'the database is away', check: 'database', status: 'error', says: /does not exist|refused|no ledger/i,
    setUp: () => ({ ledger: { connectionUrl: 'postgresql://nobody@127.0.0.1:1/none', sequencerUrl: undefined } }) },
  { what: 'the application is a superuser', check: 'login', status: 'error', says: /is a superuser/,
    setUp: ({ superuserUrl }) => ({ ledger: { connectionUrl: superuserUrl } }) },
  { what: 'the login that seals lacks its rights', check: 'sequencer-login', status: 'error', says: /lacks the rights of audit_sequencer and audit_keeper/,
    setUp: ({ connectionUrl }) => ({ ledger: { sequencerUrl: `${connectionUrl}?a=1` } }) },
  { what: 'the ledger is in another schema', check: 'migrations', status: 'error', says: /not in the schema/,
    setUp: () => ({ ledger: { schema: 'elsewhere' } }) },
  { what: 'no rule says when events go', check: 'retention', status: 'warning', says: /stay forever/,
    setUp: () => ({ ledger: { retention: undefined } }) },
  { what: 'nobody outside keeps checkpoints', check: 'witness', status: 'warning', says: /Nobody outside the database/,
    setUp: () => ({ ledger: { checkpointFile: undefined } }) },
  { what: 'the ledger is off', check: 'modules', status: 'error', says: /The ledger is off/,
    setUp: () => ({ environment: { DOCTOR_LEDGER: 'off' } }) },
  { what: 'the ledger has no options', check: 'modules', status: 'error', says: /MonitoringModule is imported without options/,
    setUp: () => ({ environment: { DOCTOR_LEDGER: 'bare' } }) },
  { what: 'the core has no options', check: 'modules', status: 'error', says: /AuditModule is imported without options/,
    setUp: () => ({ spill: 'bare', environment: { DOCTOR_LEDGER: 'off' } }) },
  { what: 'the application runs in development', check: 'mode', status: 'warning', says: /NODE_ENV is development/,
    setUp: () => ({ environment: { NODE_ENV: 'development' } }) },
  { what: 'a route is not audited', check: 'coverage', status: 'warning', says: /1 of \d+ routes/,
    setUp: () => ({ environment: { DOCTOR_ROUTES: 'bare' } }) },
  { what: 'the application does not stop in order', check: 'shutdown-hooks', status: 'warning', says: /does not call enableShutdownHooks/,
    setUp: async ({ inFolder }) => {
      await writeFile(inFolder('careless.js'), 'app.listen(3000);\n');
      return { args: ['--main', inFolder('careless.js')] };
    } },
]; // prettier-ignore

/** What is done to the database, with the application's login, and undone. */
export const BROKEN_DATABASES: readonly (Broken & {
  readonly does: (login: string) => string;
  readonly undoes: (login: string) => string;
})[] = [
  { what: 'row-level security is off', check: 'row-level-security', status: 'error', says: /Row-level security is off/,
    does: () => 'ALTER TABLE audit_event DISABLE ROW LEVEL SECURITY',
    undoes: () => 'ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY' },
  { what: 'a trigger that protects the ledger is off', check: 'protection', status: 'error', says: /audit_leaf_append_only of audit_leaf is switched off/,
    does: () => 'ALTER TABLE audit_leaf DISABLE TRIGGER audit_leaf_append_only',
    undoes: () => 'ALTER TABLE audit_leaf ENABLE TRIGGER audit_leaf_append_only' },
  { what: 'the tables are of an earlier version', check: 'migrations', status: 'error', says: /earlier version: it lacks audit_row_key\./,
    does: () => 'ALTER FUNCTION audit_row_key(jsonb) RENAME TO audit_row_of_old',
    undoes: () => 'ALTER FUNCTION audit_row_of_old(jsonb) RENAME TO audit_row_key' },
  { what: 'the login may act for the owner', check: 'login', status: 'warning', says: /acts for audit_owner/,
    does: (login) => `GRANT audit_owner TO ${login}`,
    undoes: (login) => `REVOKE audit_owner FROM ${login}` },
  { what: 'the login that writes may also seal', check: 'login', status: 'warning', says: /adds events and may also seal/,
    does: (login) => `GRANT audit_sequencer TO ${login}`,
    undoes: (login) => `REVOKE audit_sequencer FROM ${login}` },
  { what: 'row changes wait for an hour', check: 'outbox', status: 'error', says: /waits for 3\d\d\d s/,
    does: () => `INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines, changed_at)
       VALUES ('INSERT', '{}', '{}', 1, 1, '', now() - interval '1 hour')`,
    undoes: () => 'DELETE FROM audit_row_change' },
  { what: 'the ledger refuses a captured change', check: 'outbox', status: 'error', says: /1 row change|parked/i,
    does: () => `INSERT INTO audit_row_change_parked (position, error, row_keys, transaction, begun_at, changed_at, operation,
         source, origin, statement_rows, changes, lines)
       VALUES (1, 'an error', '{}', '1', now(), now(), 'INSERT', '{}', '{}', 1, 1, '')`,
    undoes: () => 'DELETE FROM audit_row_change_parked' },
  { what: 'the partition of the next month is missing', check: 'partitions', status: 'error', says: /months|partition/,
    does: () => `DO $$ BEGIN EXECUTE format('DROP TABLE audit_event_%s', to_char(now() + interval '1 month', 'YYYY_MM')); END $$`,
    undoes: () => `SELECT audit_event_make_partition(now() + interval '1 month')` },
  { what: 'an event is not sealed for an hour', check: 'sealing', status: 'error', says: /sealed|place|wait/,
    does: () => `INSERT INTO audit_unsequenced (event_ids, leaf_hashes, stored_at) VALUES (ARRAY[gen_random_uuid()], ARRAY[sha256('a')], now() - interval '1 hour')`,
    undoes: () => 'DELETE FROM audit_unsequenced' },
  { what: 'commits do not wait for the disk', check: 'synchronous-commit', status: 'error', says: /synchronous_commit is off/,
    does: () => `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`,
    undoes: () => `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$` },
  { what: 'the triggers of a captured table are incomplete', check: 'capture', status: 'error', says: /do not always run on audit\.rates|do not always run on rates/,
    does: () => `CREATE TABLE rates (id int); CREATE TRIGGER row_capture_insert AFTER INSERT ON rates FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change()`,
    undoes: () => 'DROP TABLE rates' },
]; // prettier-ignore
