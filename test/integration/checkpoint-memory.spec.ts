import { randomUUID } from 'node:crypto';
import { copyFile, link, lstat, mkdir, readFile, rm, rmdir, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CheckpointMemory, MonitoringOptions } from '../../src/monitoring/index.js';
import { ErasureCertificates } from '../../src/monitoring/keep/lifecycle/erasure/certificate-file.service.js';
import { LastSigned } from '../../src/monitoring/proof/signing/last-signed.js';
import { makeKeyFile } from '../../src/monitoring/proof/signing/signing-key-file.js';
import { ADMIN, startReferenceApp, type ReferenceApp } from '../support/reference-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { addEvents, ApiClient, eventually, freshKeyFile, runCommand, settled, withClient } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { TESTS_KEY } from '../support/writers.js';
import { withTiming } from '../support/with-timing.js';

const DEFAULT_ORIGIN = 'nestjs-audit-ledger.local/ledger';

withTiming({ questionMs: 1_000 }); // as in production: commands run while nothing is sealed

let database: TestDatabase;
let keyFile: string;
let app: ReferenceApp | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
  keyFile = freshKeyFile();
});

afterEach(async () => {
  await stop();
  await database.drop();
});

interface Running {
  readonly admin: ApiClient;
  readonly logged: () => string;
  /** The state and the problems in `GET /health`. */
  readonly health: () => Promise<{ readonly state: string; readonly error: string }>;
}

async function start(at = database, environment: Readonly<Record<string, string>> = {}): Promise<Running> {
  const started = await startReferenceApp(at.url, { AUDIT_SIGNING_KEY_FILE: keyFile, ...environment });
  app = started;
  const admin = new ApiClient(started.url);
  await admin.logIn(ADMIN.email, ADMIN.password);
  const health = async () => {
    const { body } = await admin.send<{
      details: { audit: { state: string; providers: { database: { error?: string } } } };
    }>('GET', '/health');
    const { state, providers } = body.details.audit;
    return { state, error: providers.database.error ?? '' };
  };
  return { admin, logged: started.logged, health };
}

async function stop(): Promise<void> {
  await app?.close();
  app = undefined;
}

async function seal(at = database): Promise<number> {
  await withClient(at.url, (client) => addEvents(client, 5));
  return settled(at);
}

async function command(
  at: TestDatabase,
  ...args: string[]
): Promise<{ readonly code: number; readonly output: string }> {
  const env = { ...process.env, AUDIT_WRITER_KEY: TESTS_KEY, DATABASE_URL: at.url, AUDIT_SIGNING_KEY_FILE: keyFile };
  const { code, output, errors } = await runCommand(args, { cwd: '.', env });
  return { code, output: output + errors };
}

/** Nobody can write a file in the place of a folder: with this, a test can also run as root. */
async function makeUnwritable(file = `${keyFile}.last`): Promise<void> {
  await rm(file, { force: true });
  await mkdir(file, { recursive: true });
}

describe('an option that leads to the signing key by another path', () => {
  it.each<[string, boolean, () => Promise<string>]>([
    ['a link', true, () => linked(symlink)],
    ['a hard link', true, () => linked(link)],
    ['a link to a link', true, async () => linked(symlink, await linked(symlink))],
    ['a link to a key that does not exist yet', false, () => linked(symlink)],
    [
      'a link to its folder, before the key exists',
      false,
      async () => join(await linked(symlink, dirname(keyFile)), basename(keyFile)),
    ],
  ])('stops the boot, and leaves the key: %s', async (_name, isThere, makePath) => {
    await mkdir(dirname(keyFile), { recursive: true });
    if (isThere) await makeKeyFile(keyFile, DEFAULT_ORIGIN);
    const path = await makePath();
    const key = isThere ? await readFile(keyFile) : undefined;
    for (const [name, option] of [
      ['AUDIT_CHECKPOINT_FILE', 'checkpointFile'],
      ['AUDIT_CHECKPOINT_MEMORY', 'checkpointMemory'],
    ] as const) {
      await expect(start(database, { [name]: path })).rejects.toMatchObject({
        code: 'AUDIT_OPTIONS_INVALID',
        message: expect.stringContaining(`${option} and signingKeyFile are both ${path}: give each a file of its own`),
      });
    }
    if (isThere) expect(await readFile(keyFile)).toEqual(key);
    else await expect(readFile(keyFile)).rejects.toThrow('ENOENT');
  });

  async function linked(make: (target: string, path: string) => Promise<void>, target = keyFile): Promise<string> {
    const path = `${keyFile}.${randomUUID()}`;
    await make(target, path);
    return path;
  }
});

describe('a folder of the key that is read-only', () => {
  it('stops the boot in production, with the option that helps', async () => {
    await makeKeyFile(keyFile, DEFAULT_ORIGIN);
    await makeUnwritable();
    await makeUnwritable(`${keyFile}.erasures`);
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    try {
      await expect(start()).rejects.toMatchObject({
        code: 'AUDIT_CHECKPOINT_MEMORY_UNUSABLE',
        message: expect.stringMatching(/^Cannot write .+signing\.key\.last: .+ Set the option checkpointMemory /),
      });
      const memory = `${keyFile}.elsewhere/last`;
      await expect(start(database, { AUDIT_CHECKPOINT_MEMORY: memory })).rejects.toMatchObject({
        code: 'AUDIT_CERTIFICATE_FILE',
        message: expect.stringMatching(/signing\.key\.erasures: .+ set the option erasureFile /),
      });
      const erasures = `${keyFile}.elsewhere/erasures`;
      await start(database, { AUDIT_CHECKPOINT_MEMORY: memory, AUDIT_ERASURE_FILE: erasures });
      await eventually(async () => (await new LastSigned(memory).read()) !== undefined);
    } finally {
      process.env.NODE_ENV = before;
    }
  });

  it('is named elsewhere, in the health, the log and by doctor, while all events are sealed', async () => {
    await makeUnwritable();
    const { health, logged } = await start();
    await seal();
    expect(await health()).toEqual({
      state: 'degraded',
      error: expect.stringMatching(
        /Cannot write the ledger's last signed checkpoint outside the database, in .+\.last: /,
      ),
    });
    expect(logged()).toContain("Cannot write the ledger's last signed checkpoint");
    expect(logged()).not.toContain('Cannot seal');
    const { code, output } = await command(database, 'doctor');
    expect(code).toBe(1);
    expect(output).toMatch(/error +last-checkpoint +Cannot check that the database is the newest one/);
  });

  it('is named in the health when no certificate of an erasure can be stored, until it can', async () => {
    await makeUnwritable(`${keyFile}.erasures`);
    const { admin } = await start();
    const part = async () => {
      const { body } = await admin.send<{ parts: { name: string; status: string; says: string }[] }>(
        'GET',
        '/audit/state',
      );
      return body.parts.find(({ name }) => name === 'certificates');
    };
    await eventually(async () => (await part())?.status === 'error');
    expect((await part())?.says).toMatch(/^Cannot read or write the certificates of erasures in .+\.erasures: /);
    await rmdir(`${keyFile}.erasures`);
    await app?.app.get(ErasureCertificates).check();
    expect(await part()).toMatchObject({ status: 'ok' });
  });
});

describe('an older copy of the database', () => {
  it('and a lost checkpoint leave the ledger degraded over restarts, until somebody adopts the database', async () => {
    await start();
    await seal();
    await stop();
    const copy = await createTestDatabase({ copyOf: database });
    try {
      await rm(`${keyFile}.last`);
      for (let starts = 0; starts < 2; starts++) {
        const { health } = await start(copy);
        await seal(copy);
        const seen = await health();
        expect(seen.state).toBe('degraded');
        expect(seen.error).toMatch(/the ledger has a checkpoint of size \d+, but .+signing\.key\.last has none/);
        await stop();
      }
      expect((await command(copy, 'doctor')).output).toMatch(
        /error +last-checkpoint +Cannot check that the database is the/,
      );
      const { admin, health } = await start(copy);
      const shown = await command(copy, 'adopt', '--reason', 'the volume was lost');
      expect(shown).toMatchObject({ code: 1, output: expect.stringContaining('No checkpoint outside the database') });
      expect(await health()).toMatchObject({ state: 'degraded' });
      const adopted = await command(copy, 'adopt', '--reason', 'the volume was lost', '--yes');
      expect(adopted).toMatchObject({ code: 0, output: expect.stringContaining('Adopted.') });
      await eventually(async () => (await health()).state === 'sound');
      await settled(copy); // a question waits for a second only
      expect(await admin.events('type=audit_ledger_adopted')).toHaveLength(1);
      await stop();
      const again = await start(copy);
      await seal(copy);
      expect(await again.health()).toEqual({ state: 'sound', error: '' });
      const verified = await command(copy, 'verify');
      expect(verified.output).toMatch(/stated that the log of size \d+ was the newest one/);
      await stop();
    } finally {
      await copy.drop();
    }
  });
});

describe('a signing key by value', () => {
  it('seals without a key file, and commands take it from the same variable', async () => {
    await makeKeyFile(keyFile, DEFAULT_ORIGIN);
    const byValue = {
      AUDIT_SIGNING_KEY: await readFile(keyFile, 'utf8'),
      AUDIT_CHECKPOINT_MEMORY: `${keyFile}.memory/last`,
    };
    await rm(keyFile);
    const { health } = await start(database, byValue);
    await seal();
    expect(await health()).toEqual({ state: 'sound', error: '' });
    const env = { ...process.env, AUDIT_WRITER_KEY: TESTS_KEY, DATABASE_URL: database.url, ...byValue };
    const adopted = await runCommand(['adopt', '--reason', 'none'], { cwd: '.', env });
    expect(adopted).toMatchObject({ code: 0, output: expect.stringContaining('You need no adoption') });
    const { output } = await runCommand(['doctor'], { cwd: '.', env });
    expect(output).toMatch(/ok +key +The option signingKey signs for/);
    await expect(readFile(keyFile)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('instances on disks that do not last', () => {
  it('share a memory that the application gives, which a new instance finds', async () => {
    let stored: string | null = null;
    const bucket: CheckpointMemory = {
      read: () => Promise.resolve(stored as string | undefined), // as clients of key-value stores answer for a missing key
      write: (text) => Promise.resolve(void (stored = text)),
    };
    const bootAndSeal = async (at: TestDatabase, options: Partial<MonitoringOptions>): Promise<string> => {
      const instance = await startLedgerApp(at.url, { monitoring: { signingKeyFile: keyFile, ...options } });
      await seal(at).finally(() => instance.app.close());
      return String(stored);
    };
    const first = await bootAndSeal(database, { checkpointMemory: bucket });
    const copy = await createTestDatabase({ copyOf: database });
    try {
      const fresh = freshKeyFile();
      await copyFile(keyFile, fresh);
      const second = await bootAndSeal(database, { checkpointMemory: bucket, signingKeyFile: fresh });
      expect(Number(second.split('\n')[1])).toBeGreaterThan(Number(first.split('\n')[1]));
      const restored = await startLedgerApp(copy.url, {
        monitoring: { signingKeyFile: fresh, checkpointMemory: bucket },
      });
      const shown = await eventually(async () => {
        const { body } = await new ApiClient(restored.url).send('GET', '/audit/state');
        const text = JSON.stringify(body);
        return text.includes('was signed: this database is an earlier state') && text;
      });
      expect(shown).toContain('the store of the option checkpointMemory');
      await restored.app.close();
    } finally {
      await copy.drop();
    }
  });

  it('share a file by a symbolic link, which stays a link', async () => {
    const shared = `${keyFile}.shared/last`;
    await mkdir(dirname(shared));
    await symlink(shared, `${keyFile}.last`);
    await start();
    await eventually(async () => (await new LastSigned(shared).read()) !== undefined);
    await seal();
    expect((await lstat(`${keyFile}.last`)).isSymbolicLink()).toBe(true);
  });

  it('before the first event, store an empty checkpoint, so that a kill at the first event loses nothing', async () => {
    const { health } = await start();
    await eventually(async () => (await new LastSigned(`${keyFile}.last`).read()) !== undefined);
    expect(await health()).toMatchObject({ error: '' });
  });
});
