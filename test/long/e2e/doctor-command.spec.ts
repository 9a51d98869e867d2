import { testDatabase, closeAfterTests } from '../../support/close-after-tests.js';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from '@jest/globals';
import { WriterKeys } from '../../../src/audit/writer-keys.js';
import { SpillFolder } from '../../../src/audit/delivery/spill/spill-folder.js';
import { PROCESS_CHECKS } from '../../../src/monitoring/operate/checks/file-checks.js';
import { SERVER_CHECKS, type ServerFacts } from '../../../src/monitoring/operate/checks/server-checks.js';
import { runChecks } from '../../../src/monitoring/store/check.js';
import type { CommandResult } from '../../../src/cli/command-result.js';
import type { DoctorLine } from '../../../src/cli/doctor/doctor.command.js';
import { signCheckpoint } from '../../support/sign-checkpoint.js';
import { generateKeyPair } from '../../../src/monitoring/proof/log/notes/note-key.js';
import { parseSigningKey } from '../../../src/monitoring/proof/log/notes/note-signer.js';
import { AUDIT_EXTENSIONS } from '../../../migrations/audit-migrations.js';
import { migrateLedger } from '../../../src/monitoring/index.js';
import { addressInSchema } from '../../../src/monitoring/store/sessions/ledger-address.js';
import { BROKEN_APPLICATIONS, BROKEN_DATABASES, ORIGIN, type SetUp } from '../../support/broken-set-ups.js';
import { buildEvents } from '../../support/spilled.js';
import { runSql } from '../../support/sql.js';

const TARGET = 'test/support/doctor-target.mjs#shop';
const SPILL_KEY = 'a secret that is long enough for a spill';
const login = `patient_${randomBytes(6).toString('hex')}`;
const sequencer = `${login}_sequencer`;

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
  const given = { spillDir: inFolder('spill'), writerKey: SPILL_KEY };
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

/** One process stays for all calls, since each start of Node costs time. */
async function examine(setUp: SetUp): Promise<ReadonlyMap<string, DoctorLine>> {
  const call = callFor({ ...setUp, args: [...(setUp.args ?? []), '--json'] });
  calls.stdin.write(`${JSON.stringify(call)}\n`);
  const { value } = (await answers.next()) as { readonly value: unknown };
  const { exitCode, output = '', errors = '' } = JSON.parse(String(value)) as CommandResult;
  expect(errors).toBe('');
  const { status, checks } = JSON.parse(output) as { status: string; checks: readonly DoctorLine[] };
  expect([exitCode, status]).toEqual(exitCode === 1 ? [1, 'error'] : [0, 'warning']);
  return new Map(checks.map((check) => [check.name, check]));
}

const folder = await mkdtemp(join(tmpdir(), 'audit-doctor-'));
const database = await testDatabase({ empty: true, roles: [login, sequencer] });
const url = Object.assign(new URL(database.url), { username: login, password: 'secret' });
const connectionUrl = url.href;
const sequencerUrl = Object.assign(url, { username: sequencer }).href;
const place = { connectionUrl, sequencerUrl, adminUrl: database.superuserUrl, schema: 'audit' };
await migrateLedger({ ...place, with: AUDIT_EXTENSIONS });
await runSql(database.superuserUrl, `ALTER DATABASE ${database.name} SET synchronous_commit = on`);
const { signingKey, verifierKey } = generateKeyPair(ORIGIN);
await writeFile(inFolder('signing.key'), signingKey, { mode: 0o600 });
const note = signCheckpoint({ origin: ORIGIN, size: 1, rootHash: Buffer.alloc(32) }, [parseSigningKey(signingKey)]);
await writeFile(inFolder('signing.key.last'), note, { mode: 0o600 });
await asAdmin(
  `INSERT INTO audit_checkpoint (size, root, note) VALUES (1, decode(repeat('00', 32), 'hex'), $$${note}$$)`,
);
await asAdmin(
  `INSERT INTO audit_signing_key (verifier_key, first_used_at) VALUES ($$${verifierKey}$$, now() - interval '1 day')`,
);
await mkdir(inFolder('spill'));
await writeFile(inFolder('main.js'), 'app.enableShutdownHooks();\n');
const calls = spawn(process.execPath, ['test/support/doctor-calls.mjs'], { stdio: ['pipe', 'pipe', 'inherit'] });
await closeAfterTests({
  end: async () => {
    const ended = once(calls, 'exit');
    calls.stdin.end();
    await ended;
  },
});
const answers = createInterface({ input: calls.stdout })[Symbol.asyncIterator]();
const healthy = await examine({});

it('a sound set-up has no error but that the server of these tests does not wait for its disk', () => {
  const errors = [...healthy.values()].filter(({ status }) => status === 'error');
  expect(errors.map(({ name }) => name)).toEqual(['disk-writes']);
  expect(healthy.get('disk-writes')?.message).toBe(
    'The server has fsync and full_page_writes off: a power cut can destroy the database.',
  );
  expect(healthy.get('backup')?.status).toBe('warning');
});

describe('nestjs-audit-ledger doctor finds a set-up that is broken:', () => {
  it.each(BROKEN_APPLICATIONS)('%s, %s: %s', async (name, status, message, setUp) => {
    const sound = { inFolder, connectionUrl, superuserUrl: database.superuserUrl };
    const check = (await examine(typeof setUp === 'function' ? await setUp(sound) : setUp)).get(name);

    expect([check?.status, check?.message]).toEqual([status, expect.stringMatching(message)]);
    expect(check?.remedy).toEqual(expect.any(String));
    expect(healthy.get(name)?.message ?? '').not.toMatch(message);
  });

  it.each(BROKEN_DATABASES)('%s, %s: %s', async (name, status, message, does, undoes) => {
    await asAdmin(does.replace('LOGIN', login));
    const check = await examine({}).then((checks) => checks.get(name), String);
    await asAdmin(undoes.replace('LOGIN', login));

    expect(check).toMatchObject({ status, message: expect.stringMatching(message), remedy: expect.any(String) });
    expect(healthy.get(name)?.status).toBe(name === 'capture' ? 'warning' : 'ok'); // without --data-source
  });

  it('names a provider that events wait for and that the application does not have', async () => {
    const spillDir = inFolder('spill-of-another');
    const spill = new SpillFolder(spillDir, { maxBytes: 1e9, keys: new WriterKeys([SPILL_KEY]) });
    await spill.append('siem', buildEvents(2));
    await spill.append('database', buildEvents(1));
    await spill.close();
    const orphans = (await examine({ spill: { spillDir } })).get('spill-orphans');
    expect([orphans?.status, orphans?.message]).toEqual([
      'warning',
      expect.stringContaining('2 events for the audit provider "siem"'),
    ]);
  });

  it('once: it does not miss the spill where it cannot read the options of it', async () => {
    const checks = await examine({ spill: { writerKey: 'short' } });
    expect([checks.get('options')?.status, checks.has('spill')]).toEqual(['error', false]);
  });

  it('Node.js is too old, the clocks differ', async () => {
    const process = { version: '18.20.0', mode: 'production' };
    expect(await runChecks(PROCESS_CHECKS, { process })).toMatchObject([
      { name: 'node', status: 'error' },
      { status: 'ok' },
    ]);
    const clock = SERVER_CHECKS.find(({ name }) => name === 'clock');
    const checked = [0, 5_000, -90_000].map(
      (clockAheadMs) => clock?.run({ server: { clockAheadMs } as ServerFacts }), // the check reads no other fact
    );
    expect(checked).toMatchObject([
      { status: 'ok' },
      { status: 'warning', message: "The clock of the database is 5.0 s ahead of this machine's." },
      { status: 'error', message: "The clock of the database is 90.0 s behind this machine's." },
    ]);
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
      AUDIT_WRITER_KEY: SPILL_KEY,
      AUDIT_RETENTION_DAYS: '90',
    });
    const { checks } = JSON.parse(output) as { checks: readonly DoctorLine[] };

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
});
