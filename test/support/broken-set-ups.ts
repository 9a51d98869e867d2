import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DoctorLine } from '../../src/cli/doctor/doctor.command.js';
import { generateKeyPair } from '../../src/monitoring/proof/log/notes/note-key.js';

export const ORIGIN = 'example.com/doctor';
const PRIVATE_STREAM = { name: 'siem', destination: { type: 'otlp', url: 'https://127.0.0.1' }, personal: 'omit' };

export interface SetUp {
  readonly ledger?: Readonly<Record<string, unknown>>;
  readonly spill?: Readonly<Record<string, unknown>> | 'bare';
  readonly environment?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export interface SoundSetUp {
  readonly inFolder: (name: string) => string;
  readonly connectionUrl: string;
  readonly superuserUrl: string;
}

type Broken = readonly [check: string, status: DoctorLine['status'], message: RegExp];

export const BROKEN_APPLICATIONS: readonly (readonly [
  ...Broken,
  SetUp | ((sound: SoundSetUp) => SetUp | Promise<SetUp>),
])[] = [
  ['extensions', 'warning', /not import: row-changes, jetstream/, { environment: { DOCTOR_EXTENSIONS: 'streams' } }],
  ['key', 'error', /lost\.key is missing/, ({ inFolder: at }) => ({ ledger: { signingKeyFile: at('lost.key') } })],
  [
    ...(['key', 'warning', /makes the key at its first start/] as const),
    ({ inFolder: at }) => ({
      ledger: { signingKeyFile: at('lost.key') },
      environment: { NODE_ENV: 'development' },
    }),
  ],
  [
    ...(['modules', 'error', /StreamsModule: MonitoringModule is missing, or switched off/] as const),
    { environment: { DOCTOR_EXTENSIONS: 'streams', DOCTOR_LEDGER: 'off beside extensions' } },
  ],
  [
    ...(['key-mode', 'error', /its mode is 644/] as const),
    async ({ inFolder }) => {
      await copyFile(inFolder('signing.key'), inFolder('open.key'));
      await chmod(inFolder('open.key'), 0o644);
      return { ledger: { signingKeyFile: inFolder('open.key') } };
    },
  ],
  [
    ...(['key-repository', 'error', /committed to git/] as const),
    async ({ inFolder }) => {
      const folder = inFolder('repository');
      await mkdir(folder);
      await copyFile(inFolder('signing.key'), join(folder, 'signing.key'));
      execFileSync('git', ['-C', folder, 'init', '-q']);
      execFileSync('git', ['-C', folder, 'add', 'signing.key']);
      return { ledger: { signingKeyFile: join(folder, 'signing.key') } };
    },
  ],
  [
    ...(['checkpoint', 'error', /Another key signed the newest checkpoint/] as const),
    async ({ inFolder }) => {
      await writeFile(inFolder('other.key'), generateKeyPair(ORIGIN).signingKey, { mode: 0o600 });
      return { ledger: { signingKeyFile: inFolder('other.key') } };
    },
  ],
  ['origin', 'warning', /the default origin/, { ledger: { origin: undefined } }],
  ['spill', 'error', /has no spill/, { spill: { spillDir: false } }],
  [
    'destinations',
    'error',
    /^The destination of the stream siem \(otlp https:\/\/127\.0\.0\.1\) did not accept a test batch: Cannot send to 127/,
    { args: ['--send-test'], environment: { DOCTOR_STREAMS: JSON.stringify([PRIVATE_STREAM]) } },
  ],
  ['spill', 'error', /is in memory/, { spill: { spillDir: '/dev/shm/audit-doctor' } }],
  ['spill', 'error', /Cannot write into .*main/, ({ inFolder: at }) => ({ spill: { spillDir: at('main.js/spill') } })],
  ['spill', 'warning', /MiB free, but/, { spill: { maxSpillBytes: Number.MAX_SAFE_INTEGER } }],
  [
    ...(['writer-key', 'warning', /in the file/] as const),
    { spill: { writerKey: undefined }, environment: { NODE_ENV: 'development' } },
  ],
  [
    ...(['checkpoint-file', 'error', /Cannot write into .*main\.js is a file/] as const),
    ({ inFolder }) => ({ ledger: { checkpointFile: inFolder('main.js/checkpoints') } }),
  ],
  ['options', 'error', /signingKeyfile/, { ledger: { signingKeyfile: 'misspelt' } }],
  [
    ...(['database', 'error', /does not exist|refused|no ledger/i] as const),
    { ledger: { connectionUrl: 'postgresql://nobody@127.0.0.1:1/none', sequencerUrl: undefined } },
  ],
  [
    'sequencer-login',
    'warning',
    /cannot seal: its login .* audit_sequencer_\w+ and audit_keeper_\w+/,
    { ledger: { sequencerUrl: undefined } },
  ],
  ['login', 'error', /is a superuser/, ({ superuserUrl }) => ({ ledger: { connectionUrl: superuserUrl } })],
  [
    ...(['sequencer-login', 'error', /lacks the rights of audit_sequencer_\w+ and audit_keeper_\w+/] as const),
    ({ connectionUrl }) => ({ ledger: { sequencerUrl: `${connectionUrl}?a=1` } }),
  ],
  ['migrations', 'error', /not in the schema/, { ledger: { schema: 'elsewhere' } }],
  ['retention', 'warning', /stay forever/, { ledger: { retention: undefined } }],
  ['publishing', 'warning', /stay only in the database/, { ledger: { checkpointFile: undefined } }],
  ['modules', 'error', /The ledger is off/, { environment: { DOCTOR_LEDGER: 'off' } }],
  ['modules', 'error', /MonitoringModule is imported without options/, { environment: { DOCTOR_LEDGER: 'bare' } }],
  ['modules', 'error', /AuditModule is .* without options/, { spill: 'bare', environment: { DOCTOR_LEDGER: 'off' } }],
  ['mode', 'warning', /NODE_ENV is development/, { environment: { NODE_ENV: 'development' } }],
  [
    'coverage',
    'warning',
    /neither @Audited nor @NotAudited: 1, POST \/payments\/pay\./,
    { environment: { DOCTOR_ROUTES: 'bare' } },
  ],
  [
    ...(['shutdown-hooks', 'warning', /does not call enableShutdownHooks/] as const),
    async ({ inFolder }) => {
      await writeFile(inFolder('careless.js'), 'app.listen(3000);\n');
      return { args: ['--main', inFolder('careless.js')] };
    },
  ],
];

const OF_DATABASE = (setting: string): string =>
  `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ${setting}', current_database()); END $$`;
const SECURITY = 'ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY';
const TRIGGER = 'ALTER TABLE audit_leaf ENABLE TRIGGER audit_leaf_append_only';

/** `LOGIN` stands for the application's login. */
export const BROKEN_DATABASES: readonly (readonly [...Broken, does: string, undoes: string])[] = [
  ['protection', 'error', /Row-level security is off on audit_event/, SECURITY.replace('ENABLE', 'DISABLE'), SECURITY],
  ['protection', 'error', /append_only of audit_leaf is disabled/, TRIGGER.replace('ENABLE', 'DISABLE'), TRIGGER],
  [
    ...(['migrations', 'error', /earlier version: it lacks audit_row_key\./] as const),
    'ALTER FUNCTION audit_row_key(jsonb) RENAME TO audit_row_of_old',
    'ALTER FUNCTION audit_row_of_old(jsonb) RENAME TO audit_row_key',
  ],
  ['login', 'warning', /acts for audit_owner_/, 'GRANT audit_owner TO LOGIN', 'REVOKE audit_owner FROM LOGIN'],
  [
    ...(['login', 'error', /is a superuser/] as const),
    ...(['GRANT pg_write_server_files TO LOGIN', 'REVOKE pg_write_server_files FROM LOGIN'] as const),
  ],
  [
    ...(['login', 'error', /may change audit_event, and/] as const),
    ...(['GRANT UPDATE ON audit_event TO LOGIN', 'REVOKE UPDATE ON audit_event FROM LOGIN'] as const),
  ],
  [
    ...(['login', 'warning', /adds events and may also seal/] as const),
    ...(['GRANT audit_sequencer TO LOGIN', 'REVOKE audit_sequencer FROM LOGIN'] as const),
  ],
  [
    ...(['outbox', 'error', /waits for 3\d\d\d s/] as const),
    `INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines, changed_at)
       VALUES ('INSERT', '{}', '{}', 1, 1, '', now() - interval '1 hour')`,
    'DELETE FROM audit_row_change',
  ],
  [
    ...(['outbox', 'error', /1 row change|parked/i] as const),
    `INSERT INTO audit_row_change_parked (position, error, row_keys, transaction, begun_at, changed_at, operation,
         source, origin, statement_rows, changes, lines)
       VALUES (1, 'an error', '{}', '1', now(), now(), 'INSERT', '{}', '{}', 1, 1, '')`,
    'DELETE FROM audit_row_change_parked',
  ],
  [
    ...(['partitions', 'error', /months|partition/] as const),
    `DO $$ BEGIN EXECUTE format('DROP TABLE audit_event_%s', to_char(now() + interval '1 month', 'YYYY_MM')); END $$`,
    `SELECT audit_event_make_partition(now() + interval '1 month')`,
  ],
  [
    ...(['sealing', 'error', /sealed|place|wait/] as const),
    `INSERT INTO audit_inbox (version, seed, body, stored_at, transaction) VALUES (1, decode(repeat('00', 16), 'hex'), 'x', now() - interval '1 hour', '3')`,
    'DELETE FROM audit_inbox',
  ],
  [
    ...(['synchronous-commit', 'error', /synchronous_commit is off/] as const),
    ...([OF_DATABASE('synchronous_commit = off'), OF_DATABASE('synchronous_commit = on')] as const),
  ],
  [
    ...(['capture', 'error', /not ENABLE ALWAYS on (audit\.)?rates/] as const),
    `CREATE TABLE rates (id int); CREATE TRIGGER row_capture_insert AFTER INSERT ON rates FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change()`,
    'DROP TABLE rates',
  ],
];
