import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Controller, Post } from '@nestjs/common';
import { AUDIT_EXTENSIONS } from '../../migrations/audit-migrations.js';
import { Audited } from '../../src/audit/index.js';
import { migrateLedger, type MonitoringOptions } from '../../src/monitoring/index.js';
import { verifyLedger } from '../../src/monitoring/proof/verify/verify-ledger.js';
import { CheckpointSigner } from '../../src/monitoring/proof/signing/checkpoint-signer.service.js';
import { generateKeyPair } from '../../src/monitoring/proof/log/notes/note-key.js';
import { LEADER } from '../../src/monitoring/store/ledger-roles.js';
import { addressInSchema } from '../../src/monitoring/store/sessions/ledger-address.js';
import { RowChangesModule } from '../../src/extensions/row-changes/index.js';
import { StreamsModule } from '../../src/extensions/streams/index.js';
import { AlertsModule } from '../../src/extensions/alerts/index.js';
import {
  ApiClient,
  eventually,
  closeAfterTests,
  keptApp,
  runBuilt,
  runCommand,
  runSql,
  tempFolder,
  testDatabase,
} from '../support/index.js';
import { expectCommandJson } from '../support/expect-command-json.js';
import type { ListeningApp } from '../support/http-app.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { ORIGIN, TESTS_KEY } from '../support/writers.js';

const suffix = randomBytes(6).toString('hex');
const [WEB, WORKER] = [`web_${suffix}`, `worker_${suffix}`];
const database = await testDatabase({ empty: true, roles: [WEB, WORKER] });
const as = (login: string): string =>
  Object.assign(new URL(database.url), { username: login, password: 'secret' }).href;
const logins = { connectionUrl: as(WEB), sequencerUrl: as(WORKER) };
await migrateLedger({ ...logins, adminUrl: database.superuserUrl, with: AUDIT_EXTENSIONS });
const webUrl = addressInSchema(as(WEB), 'audit');
const folder = await tempFolder('audit-roles-');
const { signingKey, verifierKey } = generateKeyPair(ORIGIN);
const [keyFile, verifierFile] = [join(folder, 'signing.key'), join(folder, 'verifier.key')];
await writeFile(keyFile, `${signingKey}\n`, { mode: 0o600 });
await writeFile(verifierFile, `${verifierKey}\n`);

@Controller('things')
class ThingsController {
  @Post()
  @Audited('thing_change')
  change(): object {
    return {};
  }
}

async function startWeb(monitoring: Partial<MonitoringOptions> = {}): Promise<ListeningApp> {
  return startLedgerApp(webUrl, {
    audit: { resolveActor: () => ({ id: 'u-1' }) },
    monitoring: {
      ...{ role: 'web', signingKeyFile: verifierFile, recordReads: true },
      authorize: (_request, permission) => ({ scope: 'all', permission }),
      ...monitoring,
    },
    extensions: [RowChangesModule.forRoot(), StreamsModule.forRoot(), AlertsModule.forRoot()],
    controllers: [ThingsController],
  });
}

const workers: ChildProcess[] = [];
await closeAfterTests({
  close: async () => {
    for (const worker of workers.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
      worker.kill('SIGKILL');
      await once(worker, 'exit');
    }
  },
});

function buildEnvironment(name: string): Readonly<Record<string, string>> {
  const sequencer = new URL(addressInSchema(as(WORKER), 'audit'));
  sequencer.searchParams.set('application_name', name);
  return {
    ...{ LEDGER_URL: webUrl, AUDIT_SEQUENCER_URL: sequencer.href, AUDIT_SIGNING_KEY_FILE: keyFile },
    ...{ AUDIT_WRITER_KEY: TESTS_KEY, SPILL_DIR: join(folder, name) },
  };
}

const TARGET = resolve('test/support/role-application.mjs');

function startWorker(name: string, ...options: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [resolve('dist/src/cli/main.js'), 'worker', TARGET, ...options], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...buildEnvironment(name) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout.resume();
  workers.push(child);
  return child;
}

async function leader(): Promise<string | undefined> {
  const [row] = await database.superuserSql(
    `SELECT application_name AS name FROM pg_locks JOIN pg_stat_activity a USING (pid)
      WHERE locktype = 'advisory' AND granted AND classid = ${LEADER.lock.class} AND a.datname = current_database()`,
  );
  return row && String(row.name);
}

const web = await keptApp(startWeb());
const client = new ApiClient(web.url);

async function sealedSize(): Promise<number> {
  const [row] = await database.superuserSql('SELECT size::int FROM audit.audit_head');
  return Number(row?.size ?? 0);
}

/** Records over HTTP, and resolves when the event is sealed. */
async function recordSealed(): Promise<void> {
  const before = await sealedSize();
  expect((await client.send('POST', '/things')).status).toBe(201);
  await eventually(async () => (await sealedSize()) > before);
}

interface Part {
  readonly name: string;
  readonly status: string;
  readonly message: string;
}

async function readState(): Promise<readonly Part[]> {
  return (await client.send<{ parts: readonly Part[] }>('GET', '/audit/state')).body.parts;
}

const CANNOT_SIGN = { status: 501, body: { code: 'AUDIT_ROLE_CANNOT_SIGN' } };

describe('a process with the role web', () => {
  it.each([
    ['sequencerUrl', { sequencerUrl: as(WORKER) }, /sequencerUrl is set, which a process with the role web must not/],
    ['signer', { signer: { publicKey: 'x', sign: () => Promise.reject(new Error()) } }, /signer is set, which a/],
    ['signingKey', { signingKeyFile: undefined, signingKey }, /the option signingKey .* contains a signing key/],
    ['signingKeyFile', { signingKeyFile: keyFile }, /signing\.key contains a signing key/],
  ])('does not start if %s could sign or seal', async (_, monitoring, message) => {
    await expect(startWeb(monitoring)).rejects.toThrow(message);
  });

  it('takes its role from AUDIT_ROLE, and refuses a misspelt one', async () => {
    process.env.AUDIT_ROLE = 'wep';
    try {
      await expect(startWeb({ role: undefined })).rejects.toThrow('role is wep, not both or web or worker');
    } finally {
      delete process.env.AUDIT_ROLE;
    }
  });

  it('accepts events without a worker, and its health says that nobody seals', async () => {
    expect((await client.send('POST', '/things')).status).toBe(201);
    expect(await readState()).toContainEqual(expect.objectContaining({ name: 'sealing', status: 'ok' }));
    await database.superuserSql(`UPDATE audit.audit_inbox SET stored_at = now() - interval '2 minutes'`);
    const sealing = (await readState()).find(({ name }) => name === 'sealing');
    expect(sealing).toMatchObject({ status: 'error', message: expect.stringMatching(/nobody seals/) });
    expect((await readState()).filter(({ status }) => status === 'off').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['integrity', 'publishing', 'erasures', 'certificates', 'capture']),
    );
    expect(await sealedSize()).toBe(0);
  });

  it('can forge no event, leaf, checkpoint or act: neither its login nor its process may', async () => {
    for (const table of ['event', 'leaf', 'checkpoint', 'act']) {
      const insert = `INSERT INTO audit_${table} DEFAULT VALUES`; // writer-rights tries the others, and roles
      await expect(runSql(webUrl, insert)).rejects.toMatchObject({ code: '42501' });
    }
    const hold = { reason: 'lawsuit', tenantId: 'acme' };
    const refused = { status: 501, body: { code: 'AUDIT_ROLE_CANNOT_SIGN', message: expect.stringMatching(/hold/) } };
    expect(await client.send('POST', '/audit/holds', hold)).toMatchObject(refused);
    expect(await client.send('POST', '/audit/erasures', { subjectId: 'u-1', reason: 'x' })).toMatchObject(refused);
    await expect(web.app.get(CheckpointSigner).signText('a text\n')).rejects.toMatchObject({
      code: 'AUDIT_ROLE_CANNOT_SIGN',
    });
    expect(await client.send('GET', '/audit/holds')).toMatchObject({ status: 200, body: [] });
    expect(await client.send('GET', '/audit/keys')).toMatchObject({
      body: { keys: [{ verifierKey, state: 'current' }] },
    });
  });

  it('is checked by doctor for what a web needs, and not for what a worker needs', async () => {
    const { LEDGER_URL = '' } = buildEnvironment('doctor');
    const env = {
      LEDGER_URL,
      AUDIT_ROLE: 'web',
      AUDIT_SIGNING_KEY_FILE: verifierFile,
      SPILL_DIR: join(folder, 'spill'),
    };
    const { output } = await runBuilt(['doctor', TARGET, '--json'], { cwd: folder, env });
    const { checks } = JSON.parse(output) as { readonly checks: readonly Part[] };
    expect(checks.find(({ name }) => name === 'key')).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/only verifies signatures/),
    });
    const ofWorker = [
      'sequencer-login',
      'last-checkpoint',
      'checkpoint-memory',
      'erasure-file',
      'publishing',
      'key-mode',
    ];
    expect(checks.filter(({ name }) => ofWorker.includes(name))).toEqual([]);
    expect(checks.find(({ name }) => name === 'login')).toMatchObject({ status: 'ok' });
  });

  it('places no holds by a command: its login may not, and that of the worker may', async () => {
    const list = (env: Readonly<Record<string, string>>) => runCommand(['hold', 'list'], { cwd: folder, env });
    const both = { AUDIT_DATABASE_URL: webUrl, AUDIT_SEQUENCER_URL: addressInSchema(as(WORKER), 'audit') };
    expect(await list(both)).toMatchObject({ code: 0, errors: '' });
    const refused = expect.stringContaining('permission denied to set role "audit_keeper_');
    expect(await list({ AUDIT_DATABASE_URL: webUrl })).toMatchObject({ code: 2, errors: refused });
  });

  it('refuses clearly what needs a verifier key, if it has none', async () => {
    const bare = await startWeb({ signingKeyFile: join(folder, 'absent.key') });
    const { status, body } = await new ApiClient(bare.url).send('GET', '/audit/keys').finally(() => bare.app.close());
    expect({ status, body }).toMatchObject({ status: 501, body: { message: expect.stringMatching(/keygen --show/) } });
  });
});

describe('nestjs-audit-ledger worker', () => {
  it('seals what a web accepted, and the web shows the proof', async () => {
    startWorker('one');
    await recordSealed();
    expect((await client.send('GET', '/audit/events?type=thing_change')).body).toMatchObject({
      items: [{ type: 'thing_change' }, { type: 'thing_change' }],
    });
    expect((await fetch(`${web.url}/audit/checkpoint`)).status).toBe(200);
    const { findings } = await verifyLedger({
      database: addressInSchema(database.superuserUrl, 'audit'),
      trust: web.app.get(CheckpointSigner).trust,
    });
    expect(findings).toEqual([]);
    expect(await readState()).toContainEqual(expect.objectContaining({ name: 'sealing', status: 'ok' }));
  });

  it('shows an export to a web, which cannot sign its manifest', async () => {
    const exported = await fetch(`${web.url}/audit/export?format=jsonl`);
    expect((await exported.text()).trim().split('\n').length).toBeGreaterThan(1);
    const manifest = `/audit/exports/${exported.headers.get('audit-export-id')}/manifest`;
    await eventually(async () => (await client.send('GET', manifest)).status !== 404); // until its event is sealed
    expect(await client.send('GET', manifest)).toMatchObject(CANNOT_SIGN);
  });

  it('runs the consumers of the log, which a web shows and cannot change', async () => {
    await eventually(async () => (await client.send('GET', '/audit/consumers/alerts')).status === 200);
    expect(await client.send('POST', '/audit/consumers/alerts/pause', {})).toMatchObject(CANNOT_SIGN);
  });

  it('takes over from a leader that is killed, and ends in order after SIGTERM', async () => {
    const second = startWorker('two', '--json');
    let output = '';
    second.stdout?.on('data', (chunk) => (output += String(chunk)));
    await eventually(async () => {
      const rows = await database.superuserSql(`SELECT FROM pg_stat_activity WHERE application_name = 'two'`);
      return rows.length > 0 && (await leader()) === 'one';
    });
    workers[0]?.kill('SIGKILL');
    await recordSealed();
    expect(await leader()).toBe('two');
    second.kill('SIGTERM');
    expect(await once(second, 'close')).toEqual([0, null]);
    expect(expectCommandJson('worker', output)).toEqual({ endedBy: 'SIGTERM' });
    expect(await leader()).toBeUndefined();
  });

  it('refuses an application whose options say web', async () => {
    const { LEDGER_URL = '' } = buildEnvironment('three');
    const env = {
      LEDGER_URL,
      GIVEN_ROLE: 'web',
      AUDIT_SIGNING_KEY_FILE: verifierFile,
      SPILL_DIR: join(folder, 'three'),
    };
    const { code, errors } = await runBuilt(['worker', TARGET], { cwd: folder, env });
    expect({ code, errors }).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/role of its MonitoringModule is web/),
    });
  });
});
