import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkNode } from '../../src/cli/doctor/check-application.js';
import { judgeClock } from '../../src/cli/doctor/check-server.js';
import type { CommandResult } from '../../src/cli/command-result.js';
import type { Check } from '../../src/cli/doctor/check.js';
import { signCheckpoint } from '../../src/modules/monitoring/log/notes/checkpoint.js';
import { generateKeyPair } from '../../src/modules/monitoring/log/notes/note-key.js';
import { parseSigningKey } from '../../src/modules/monitoring/log/notes/note-signer.js';
import { migrateLedger } from '../../src/modules/monitoring/index.js';
import { addressInSchema } from '../../src/modules/monitoring/store/ledger-address.js';
import { runSql } from '../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const TARGET = 'test/support/doctor-target.mjs#shop';
const ORIGIN = 'example.com/doctor';
const SPILL_KEY = 'a secret that is long enough for a spill';
const login = `patient_${randomBytes(6).toString('hex')}`;
const sequencer = `${login}_sequencer`;

let folder: string;
let database: TestDatabase;
let connectionUrl: string;
let sequencerUrl: string;
let healthy: ReadonlyMap<string, Check>;
let calls: ChildProcess;
let answers: AsyncIterator<string>;

/** What differs from a sound set-up. */
interface SetUp {
  readonly ledger?: Readonly<Record<string, unknown>>;
  readonly spill?: Readonly<Record<string, unknown>> | 'bare';
  readonly environment?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

interface Diagnosis {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

const inFolder = (name: string) => join(folder, name);
const asAdmin = (sql: string) => runSql(addressInSchema(database.superuserUrl, 'audit'), sql);

function run(args: readonly string[], environment: Readonly<Record<string, string>>, cwd = '.'): Promise<Diagnosis> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [resolve('dist/src/cli/main.js'), ...args],
      { cwd, env: { ...process.env, NO_COLOR: '', ...environment } },
      (_error, output, errors) => done({ code: child.exitCode ?? -1, output, errors }),
    );
  });
}

/** What the command is called with for a set-up. */
function callFor({ ledger = {}, spill = {}, environment = {}, args = [] }: SetUp) {
  const options = {
    connectionUrl,
    sequencerUrl,
    schema: 'audit',
    signingKeyFile: inFolder('signing.key'),
    origin: ORIGIN,
    retention: { days: 90 },
    checkpointFile: inFolder('checkpoints'),
    ...ledger,
  };
  const given = { spillDir: inFolder('spill'), spillKey: SPILL_KEY };
  return {
    args: [TARGET, '--main', inFolder('main.js'), ...args],
    environment: {
      NODE_ENV: 'production',
      DOCTOR_OPTIONS: JSON.stringify(options),
      DOCTOR_SPILL: spill === 'bare' ? spill : JSON.stringify({ ...given, ...spill }),
      ...environment,
    },
  };
}

/** The command in a process that stays for the next call, since each costs a start of Node otherwise. */
async function examine(setUp: SetUp): Promise<ReadonlyMap<string, Check>> {
  const call = callFor({ ...setUp, args: [...(setUp.args ?? []), '--json'] });
  calls.stdin?.write(`${JSON.stringify(call)}\n`);
  const { value } = (await answers.next()) as { readonly value: unknown };
  const { exitCode, output = '', errors = '' } = JSON.parse(String(value)) as CommandResult;
  expect(errors).toBe('');
  const { status, checks } = JSON.parse(output) as { status: string; checks: readonly Check[] };
  expect([exitCode, status]).toEqual(exitCode === 1 ? [1, 'error'] : [0, 'warning']);
  return new Map(checks.map((check) => [check.name, check]));
}

function doctor(setUp: SetUp): Promise<Diagnosis> {
  const { args, environment } = callFor(setUp);
  return run(['doctor', ...args], environment);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-doctor-'));
  database = await createTestDatabase({ empty: true });
  const url = Object.assign(new URL(database.url), { username: login, password: 'secret' });
  connectionUrl = url.href;
  sequencerUrl = Object.assign(url, { username: sequencer }).href;
  await migrateLedger({ connectionUrl, sequencerUrl, adminUrl: database.superuserUrl, schema: 'audit' });
  await asAdmin(
    `SELECT audit_event_make_partition(now() + make_interval(months => ahead)) FROM generate_series(0, 3) ahead`,
  );
  await runSql(database.superuserUrl, `ALTER DATABASE ${database.name} SET synchronous_commit = on`);
  const { signingKey } = generateKeyPair(ORIGIN);
  await writeFile(inFolder('signing.key'), signingKey, { mode: 0o600 });
  const note = signCheckpoint({ origin: ORIGIN, size: 1, rootHash: Buffer.alloc(32) }, [parseSigningKey(signingKey)]);
  await asAdmin(
    `INSERT INTO audit_checkpoint (size, root, note) VALUES (1, decode(repeat('00', 32), 'hex'), $$${note}$$)`,
  );
  await mkdir(inFolder('spill'));
  await writeFile(inFolder('main.js'), 'app.enableShutdownHooks();\n');
  calls = spawn(process.execPath, ['test/support/doctor-calls.mjs'], { stdio: ['pipe', 'pipe', 'inherit'] });
  if (!calls.stdout) throw new Error('the process has no output');
  answers = createInterface({ input: calls.stdout })[Symbol.asyncIterator]();
  healthy = await examine({});
});

afterAll(async () => {
  const ended = once(calls, 'exit');
  calls.stdin?.end();
  await ended;
  await runSql(database.superuserUrl, `DROP OWNED BY ${login}; DROP OWNED BY ${sequencer}`);
  await database.drop();
  const server = Object.assign(new URL(database.superuserUrl), { pathname: '/postgres' }).href;
  await runSql(server, `DROP ROLE ${login}; DROP ROLE ${sequencer}`);
  await rm(folder, { recursive: true });
});

describe('a sound set-up', () => {
  it('has no error but that the server of these tests does not wait for its disk', () => {
    const errors = [...healthy.values()].filter(({ status }) => status === 'error');
    expect(errors.map(({ name }) => name)).toEqual(['disk-writes']);
    expect(healthy.get('disk-writes')?.says).toBe(
      'The server has fsync and full_page_writes off: a power cut can destroy the database.',
    );
    expect(healthy.get('backup')?.status).toBe('warning');
  });

  it('is told in a line each, with what to do, within the width of a terminal', async () => {
    const { code, output } = await doctor({ ledger: { retention: undefined } });

    expect(code).toBe(1);
    expect(output).toMatch(/^ok {7}key {17}.*signing\.key signs for example\.com\/doctor\./m);
    expect(output).toMatch(/^warning {2}retention {11}No rule says.*\n {29}→ Set the option retention/m);
    expect(output).toMatch(/^\d+ ok, warnings: \d+, errors: 1\n$/m);
    expect(output).not.toContain('\u001b');
    for (const line of output.split('\n').filter((each) => !each.includes(folder)))
      expect(line.length).toBeLessThanOrEqual(100);
  });

  it('is told in colours where they are asked for', async () => {
    const { output } = await doctor({ environment: { FORCE_COLOR: '1' } });
    expect(output).toContain('\u001b[32mok');
  });
});

/** A check that a broken set-up turns red or yellow, and only it. */
type Broken = readonly [name: string, status: Check['status'], says: RegExp, setUp: () => SetUp | Promise<SetUp>];

const BROKEN: readonly Broken[] = [
  ['key', 'error', /there is no key file .*lost\.key/, () => ({ ledger: { signingKeyFile: inFolder('lost.key') } })],
  [
    'key-mode',
    'error',
    /its mode is 644/,
    async () => {
      await copyFile(inFolder('signing.key'), inFolder('open.key'));
      await chmod(inFolder('open.key'), 0o644);
      return { ledger: { signingKeyFile: inFolder('open.key') } };
    },
  ],
  [
    'key-repository',
    'error',
    /committed to git/,
    async () => {
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
    },
  ],
  [
    'checkpoint',
    'error',
    /Another key signed the newest checkpoint/,
    async () => {
      await writeFile(inFolder('other.key'), generateKeyPair(ORIGIN).signingKey, { mode: 0o600 });
      return { ledger: { signingKeyFile: inFolder('other.key') } };
    },
  ],
  ['origin', 'warning', /the name of the default/, () => ({ ledger: { origin: undefined } })],
  ['spill', 'error', /has no spill/, () => ({ spill: { spill: false, spillDir: undefined, spillKey: undefined } })],
  ['spill', 'error', /is in memory/, () => ({ spill: { spillDir: '/dev/shm/audit-doctor' } })],
  [
    'spill',
    'error',
    /Cannot write into .*main\.js is a file/,
    () => ({ spill: { spillDir: join(inFolder('main.js'), 'spill') } }),
  ],
  ['spill', 'warning', /has room for/, () => ({ spill: { maxSpillBytes: Number.MAX_SAFE_INTEGER } })],
  ['options', 'error', /spillKey/, () => ({ spill: { spillKey: 'short' } })],
  ['options', 'error', /signingKeyfile/, () => ({ ledger: { signingKeyfile: 'misspelt' } })],
  [
    'database',
    'error',
    /does not exist|refused|no ledger/i,
    () => ({ ledger: { connectionUrl: 'postgresql://nobody@127.0.0.1:1/none', sequencerUrl: undefined } }),
  ],
  ['login', 'error', /is a superuser/, () => ({ ledger: { connectionUrl: database.superuserUrl } })],
  [
    'sequencer-login',
    'error',
    /lacks the rights of audit_sequencer and audit_keeper/,
    () => ({ ledger: { sequencerUrl: `${connectionUrl}?a=1` } }),
  ],
  ['migrations', 'error', /not in the schema/, () => ({ ledger: { schema: 'elsewhere' } })],
  ['retention', 'warning', /stay forever/, () => ({ ledger: { retention: undefined } })],
  ['witness', 'warning', /Nobody outside the database/, () => ({ ledger: { checkpointFile: undefined } })],
  ['modules', 'error', /The ledger is off/, () => ({ environment: { DOCTOR_LEDGER: 'off' } })],
  [
    'modules',
    'error',
    /MonitoringModule is imported without options/,
    () => ({ environment: { DOCTOR_LEDGER: 'bare' } }),
  ],
  [
    'modules',
    'error',
    /AuditModule is imported without options/,
    () => ({ spill: 'bare', environment: { DOCTOR_LEDGER: 'off' } }),
  ],
  ['mode', 'warning', /NODE_ENV is development/, () => ({ environment: { NODE_ENV: 'development' } })],
  ['coverage', 'warning', /1 of \d+ routes/, () => ({ environment: { DOCTOR_ROUTES: 'bare' } })],
  [
    'shutdown-hooks',
    'warning',
    /does not call enableShutdownHooks/,
    async () => {
      await writeFile(inFolder('careless.js'), 'app.listen(3000);\n');
      return { args: ['--main', inFolder('careless.js')] };
    },
  ],
];

/** What is done to the database, and undone. */
const TAMPERED: readonly (readonly [
  name: string,
  status: Check['status'],
  says: RegExp,
  does: string,
  undoes: string,
])[] = [
  [
    'row-level-security',
    'error',
    /Row-level security is off/,
    'ALTER TABLE audit_event DISABLE ROW LEVEL SECURITY',
    'ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY',
  ],
  [
    'protection',
    'error',
    /audit_leaf_append_only of audit_leaf is switched off/,
    'ALTER TABLE audit_leaf DISABLE TRIGGER audit_leaf_append_only',
    'ALTER TABLE audit_leaf ENABLE TRIGGER audit_leaf_append_only',
  ],
  [
    'migrations',
    'error',
    /earlier version: it lacks audit_row_key\./,
    'ALTER FUNCTION audit_row_key(jsonb) RENAME TO audit_row_of_old',
    'ALTER FUNCTION audit_row_of_old(jsonb) RENAME TO audit_row_key',
  ],
  ['login', 'warning', /acts for audit_owner/, `GRANT audit_owner TO ${login}`, `REVOKE audit_owner FROM ${login}`],
  [
    'login',
    'warning',
    /adds events and also seals/,
    `GRANT audit_sequencer TO ${login}`,
    `REVOKE audit_sequencer FROM ${login}`,
  ],
  [
    'outbox',
    'error',
    /waits for 3\d\d\d s/,
    `INSERT INTO audit_row_change (operation, source, origin, statement_rows, changes, lines, changed_at)
       VALUES ('INSERT', '{}', '{}', 1, 1, '', now() - interval '1 hour')`,
    'DELETE FROM audit_row_change',
  ],
  [
    'partitions',
    'error',
    /months|partition/,
    `DO $$ BEGIN EXECUTE format('DROP TABLE audit_event_%s', to_char(now() + interval '1 month', 'YYYY_MM')); END $$`,
    `SELECT audit_event_make_partition(now() + interval '1 month')`,
  ],
  [
    'sealing',
    'error',
    /sealed|place|wait/,
    `INSERT INTO audit_unsequenced (event_ids, leaf_hashes, stored_at) VALUES (ARRAY[gen_random_uuid()], ARRAY[sha256('a')], now() - interval '1 hour')`,
    'DELETE FROM audit_unsequenced',
  ],
  [
    'synchronous-commit',
    'error',
    /synchronous_commit is off/,
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`,
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$`,
  ],
  [
    'capture',
    'error',
    /do not always run on audit\.rates|do not always run on rates/,
    `CREATE TABLE rates (id int); CREATE TRIGGER row_capture_insert AFTER INSERT ON rates FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change()`,
    'DROP TABLE rates',
  ],
];

describe('nestjs-audit-ledger doctor finds a set-up that is broken:', () => {
  it.each(BROKEN)('%s (%s, %s)', async (name, status, says, setUp) => {
    const check = (await examine(await setUp())).get(name);

    expect([check?.status, check?.says]).toEqual([status, expect.stringMatching(says)]);
    expect(check?.whatToDo).toEqual(expect.any(String));
    expect(healthy.get(name)?.says ?? '').not.toMatch(says);
  });

  it.each(TAMPERED)('%s, in the database (%s, %s)', async (name, status, says, does, undoes) => {
    await asAdmin(does);
    const check = await examine({}).then((checks) => checks.get(name), String);
    await asAdmin(undoes);

    expect(check).toMatchObject({ status, says: expect.stringMatching(says), whatToDo: expect.any(String) });
    expect(healthy.get(name)?.status).toBe('ok');
  });

  it('node, the clock', () => {
    expect(checkNode('18.20.0', 'production')).toMatchObject([{ name: 'node', status: 'error' }, { status: 'ok' }]);
    expect([0, 5_000, -90_000].map((ahead) => judgeClock(ahead))).toMatchObject([
      { status: 'ok' },
      { status: 'warning', says: "The clock of the database is 5.0 s ahead of this machine's." },
      { status: 'error', says: "The clock of the database is 90.0 s behind this machine's." },
    ]);
  });
});

describe('docs/guides/before-production.md', () => {
  it('has a row for each line of the command, and for no other', async () => {
    const page = await readFile('docs/guides/before-production.md', 'utf8');
    const listed = Array.from(page.matchAll(/^\| `([a-z-]+)`/gm), ([, name = '']) => name);
    const onlyInTrouble = ['database', 'state', 'application'];
    expect(listed.toSorted()).toEqual([...healthy.keys(), ...onlyInTrouble].toSorted());
  });
});

describe('without an application', () => {
  it('takes the options of the environment', async () => {
    const { code, output } = await run(['doctor', '--json'], {
      NODE_ENV: 'production',
      AUDIT_DATABASE_URL: connectionUrl,
      AUDIT_SEQUENCER_URL: sequencerUrl,
      AUDIT_SIGNING_KEY_FILE: inFolder('signing.key'),
      AUDIT_LEDGER_ORIGIN: ORIGIN,
      AUDIT_SPILL_DIR: inFolder('spill'),
      AUDIT_SPILL_KEY: SPILL_KEY,
      AUDIT_RETENTION_DAYS: '90',
    });
    const { checks } = JSON.parse(output) as { checks: readonly Check[] };

    expect(code).toBe(1);
    expect(checks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'application', status: 'warning' }),
        expect.objectContaining({ name: 'checkpoint', status: 'ok' }),
        expect.objectContaining({ name: 'login', status: 'ok' }),
        expect.objectContaining({ name: 'sequencer-login', status: 'ok' }),
      ]),
    );
  });

  it.each([
    [['doctor'], /no ledger is named/],
    [['doctor', 'no/such.js'], /Cannot load no\/such\.js/],
    [['doctor', 'a', 'b'], /too many arguments/],
    [['doctor', '--fast'], /unknown option/],
  ])('cannot run, and exits with 2: %j', async (args, says) => {
    const { code, output, errors } = await run(args, { AUDIT_DATABASE_URL: '', DATABASE_URL: '' }, folder);
    expect([code, output, errors]).toEqual([2, '', expect.stringMatching(says)]);
  });
});
