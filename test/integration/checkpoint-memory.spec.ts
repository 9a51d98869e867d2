import { copyFile, mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { CheckpointMemory, MonitoringOptions } from '../../src/monitoring/index.js';
import { ErasureCertificates } from '../../src/monitoring/keep/lifecycle/erasure/certificate-file.service.js';
import { CheckpointRegister } from '../../src/monitoring/proof/signing/checkpoint-register.js';
import { makeKeyFile } from '../../src/monitoring/proof/signing/signing-key-file.js';
import { RestartedLedger } from '../support/restarted-ledger.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import {
  addEvents,
  ApiClient,
  eventually,
  freshKeyFile,
  GIVEN_COLUMNS,
  settled,
  withClient,
} from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { withTiming } from '../support/with-timing.js';

const DEFAULT_ORIGIN = 'nestjs-audit-ledger.local/ledger';

withTiming({ questionMs: 1_000 }); // as in production: commands run while nothing is sealed

const ledger = RestartedLedger.inEachTest();

/** Nobody can write a file in the place of a folder: with this, a test can also run as root. */
async function makeUnwritable(file = `${ledger.keyFile}.last`): Promise<void> {
  await rm(file, { force: true });
  await mkdir(file, { recursive: true });
}

describe('a folder of the key that is read-only', () => {
  it('stops the boot in production, with the option that helps', async () => {
    await makeKeyFile(ledger.keyFile, DEFAULT_ORIGIN);
    await makeUnwritable();
    await makeUnwritable(`${ledger.keyFile}.erasures`);
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    try {
      await expect(ledger.start()).rejects.toMatchObject({
        code: 'AUDIT_CHECKPOINT_MEMORY_UNUSABLE',
        message: expect.stringMatching(/^Cannot write .+signing\.key\.last: .+ Set the option checkpointMemory /),
      });
      const memory = `${ledger.keyFile}.elsewhere/last`;
      await expect(ledger.start({ checkpointMemory: memory })).rejects.toMatchObject({
        code: 'AUDIT_CERTIFICATE_FILE',
        message: expect.stringMatching(/signing\.key\.erasures: .+ set the option erasureFile /),
      });
      const erasures = `${ledger.keyFile}.elsewhere/erasures`;
      await ledger.start({ checkpointMemory: memory, erasureFile: erasures });
      await eventually(async () => (await new CheckpointRegister(memory).read()) !== undefined);
    } finally {
      process.env.NODE_ENV = before;
    }
  });

  it('is named elsewhere, in the health, the log and by doctor, while all events are sealed', async () => {
    await makeUnwritable();
    await ledger.start();
    await ledger.seal();
    await eventually(async () => (await ledger.health()).error !== '');
    expect(await ledger.health()).toMatchObject({
      state: 'degraded',
      error: expect.stringMatching(
        /Cannot write the ledger's last signed checkpoint outside the database, in .+\.last: /,
      ),
    });
    expect(ledger.logged()).toContain("Cannot write the ledger's last signed checkpoint");
    expect(ledger.logged()).not.toContain('Cannot seal');
    const { code, output } = await ledger.command(['doctor']);
    expect(code).toBe(1);
    expect(output).toMatch(/error +last-checkpoint +Cannot check that the database is the newest one/);
  });

  it('is named in the health when no certificate of an erasure can be stored, until it can', async () => {
    await makeUnwritable(`${ledger.keyFile}.erasures`);
    await ledger.start();
    const part = async () => {
      const { body } = await ledger.client.send<{ parts: { name: string; status: string; message: string }[] }>(
        'GET',
        '/audit/state',
      );
      return body.parts.find(({ name }) => name === 'certificates');
    };
    await eventually(async () => (await part())?.status === 'error');
    expect((await part())?.message).toMatch(/^Cannot read or write the certificates of erasures in .+\.erasures: /);
    await rmdir(`${ledger.keyFile}.erasures`);
    await ledger.app.get(ErasureCertificates).check();
    expect(await part()).toMatchObject({ status: 'ok' });
  });
});

describe('an older copy of the database', () => {
  it('and a lost checkpoint leave the ledger degraded over restarts, until somebody adopts the database', async () => {
    await ledger.start();
    await ledger.seal();
    await ledger.stop();
    const copy = await createTestDatabase({ copyFrom: ledger.database });
    try {
      await rm(`${ledger.keyFile}.last`);
      await ledger.start({}, copy);
      await ledger.seal(5, copy);
      const seen = await ledger.health();
      expect(seen.state).toBe('degraded');
      expect(seen.error).toMatch(/the ledger has a checkpoint of size \d+, but .+signing\.key\.last has none/);
      await ledger.stop();
      expect((await ledger.command(['doctor'], copy)).output).toMatch(
        /error +last-checkpoint +Cannot check that the database is the/,
      );
      await ledger.start({}, copy);
      const shown = await ledger.command(['adopt', '--reason', 'the volume was lost'], copy);
      expect(shown).toMatchObject({ code: 1, output: expect.stringContaining('No checkpoint outside the database') });
      expect(await ledger.health()).toMatchObject({ state: 'degraded' });
      const adopted = await ledger.command(['adopt', '--reason', 'the volume was lost', '--yes'], copy);
      expect(adopted).toMatchObject({ code: 0, output: expect.stringContaining('Adopted.') });
      await eventually(async () => (await ledger.health()).state === 'sound');
      await settled(copy); // a question waits for a second only
      expect(await ledger.client.events('type=audit_ledger_adopted')).toHaveLength(1);
      await ledger.stop();
      await ledger.start({}, copy);
      await ledger.seal(5, copy);
      expect(await ledger.health()).toMatchObject({ state: 'sound', error: '' });
      const verified = await ledger.command(['verify'], copy);
      expect(verified.output).toMatch(/stated that the log of size \d+ was the newest one/);
      await ledger.stop();
    } finally {
      await copy.drop();
    }
  });
});

describe('a signing key by value', () => {
  it('seals without a key file, and commands take it from the same variable', async () => {
    await makeKeyFile(ledger.keyFile, DEFAULT_ORIGIN);
    const [signingKey, checkpointMemory] = [await readFile(ledger.keyFile, 'utf8'), `${ledger.keyFile}.memory/last`];
    await rm(ledger.keyFile);
    await ledger.start({ signingKeyFile: undefined, signingKey, checkpointMemory });
    // An empty checkpoint, so that a kill at the first event loses nothing.
    await eventually(async () => (await new CheckpointRegister(checkpointMemory).read()) !== undefined);
    await ledger.seal();
    expect(await ledger.health()).toMatchObject({ state: 'sound', error: '' });
    const byValue = { AUDIT_SIGNING_KEY: signingKey, AUDIT_CHECKPOINT_MEMORY: checkpointMemory };
    const adopted = await ledger.command(['adopt', '--reason', 'none'], ledger.database, byValue);
    expect(adopted).toMatchObject({ code: 0, output: expect.stringContaining('You need no adoption') });
    const { output } = await ledger.command(['doctor'], ledger.database, byValue);
    expect(output).toMatch(/ok +key +The option signingKey signs for/);
    await expect(readFile(ledger.keyFile)).rejects.toMatchObject({ code: 'ENOENT' });
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
      const instance = await startLedgerApp(at.url, { monitoring: { signingKeyFile: ledger.keyFile, ...options } });
      await ledger.seal(5, at).finally(() => instance.app.close());
      return String(stored);
    };
    const first = await bootAndSeal(ledger.database, { checkpointMemory: bucket });
    const copy = await createTestDatabase({ copyFrom: ledger.database });
    try {
      const fresh = freshKeyFile();
      await copyFile(ledger.keyFile, fresh);
      const second = await bootAndSeal(ledger.database, { checkpointMemory: bucket, signingKeyFile: fresh });
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
});

const TABLES = ['audit_event', 'audit_leaf', 'audit_tile', 'audit_checkpoint', 'audit_head', 'audit_act'];

async function backUp(): Promise<void> {
  for (const table of TABLES) {
    await ledger.database.superuserSql(
      `CREATE TABLE kept_${table} AS SELECT ${table === 'audit_event' ? GIVEN_COLUMNS : '*'} FROM ${table}`,
    );
  }
}

async function restore(): Promise<void> {
  const statements = TABLES.map((table) => {
    const columns = table === 'audit_event' ? `(${GIVEN_COLUMNS})` : '';
    const insert = `INSERT INTO ${table} ${columns} OVERRIDING SYSTEM VALUE SELECT * FROM kept_${table}`;
    return `DELETE FROM ${table}; ${insert};`;
  });
  await ledger.database.superuserSql(
    `SET session_replication_role = replica; DELETE FROM audit_inbox; ${statements.join(' ')}`,
  );
}

const adopt = (...args: string[]) => ledger.command(['adopt', ...args]);

describe('a database that was restored to an earlier state', () => {
  withTiming({ questionMs: 500 }); // while nothing is sealed, the first question waits for so long

  async function restored(): Promise<{ early: number; late: number }> {
    await ledger.start();
    const early = await ledger.seal(30);
    await ledger.stop();
    await backUp();
    const [kept] = await ledger.database.sql('SELECT max(size)::int AS size FROM audit_checkpoint');
    await ledger.start();
    const late = await ledger.seal(30);
    await ledger.stop();
    await restore();
    await ledger.start();
    await eventually(async () => (await ledger.health()).error !== '');
    return { early: Number(kept?.size ?? early), late };
  }

  it('is not signed, and takes events; once it is adopted, sealing continues from there, and an event records it', async () => {
    const { early, late } = await restored();
    const before = await ledger.health();
    expect(before.state).toBe('degraded');
    expect(before.error).toMatch(/the database ends at size \d+, and a checkpoint of size \d+ was signed/);
    expect((await ledger.command(['doctor'])).output).toMatch(/error +last-checkpoint +The database is an older copy/);
    expect((await ledger.command(['verify'])).output).toContain('tail_truncated');
    await withClient(ledger.database.url, (client) => addEvents(client, 5));
    expect((await ledger.record('user_login')).providers.database?.status).toBe('recorded');

    const shown = await adopt('--reason', 'backup of Tuesday');
    expect(shown.code).toBe(1);
    expect(shown.output).toContain('Nothing was changed');
    const [, signed] = /signed last +size (\d+)/.exec(shown.output) ?? [];
    expect(Number(signed)).toBeGreaterThanOrEqual(late);
    expect(shown.output).toContain(`the database  size ${early}, root`);
    expect(shown.output).toContain(`with index ${early} to ${Number(signed) - 1} are abandoned`);
    expect((await ledger.health()).state).toBe('degraded');

    const adopted = await adopt('--reason', 'backup of Tuesday', '--by', 'dana', '--yes');
    expect(adopted.code).toBe(0);
    expect(adopted.output).toContain('Adopted.');
    await eventually(async () => (await ledger.health()).error === '');
    const size = await ledger.seal(3);
    expect(size).toBeGreaterThan(early);
    expect(await ledger.client.events('type=audit_ledger_inconsistent')).toHaveLength(1);
    const [event] = await ledger.client.events('type=audit_ledger_adopted');
    expect(event).toMatchObject({
      actor: { type: 'admin', id: 'dana' },
      reason: 'backup of Tuesday',
      severity: 'critical',
      details: { oldSize: Number(signed), newSize: early },
    });
    const [leaf] = await ledger.database.sql('SELECT index FROM audit_leaf WHERE event_id = $1', [event?.id]);
    expect(Number(leaf?.index)).toBeGreaterThanOrEqual(early);
    const kept = (await readdir(dirname(ledger.keyFile))).filter((name) =>
      name.startsWith(`${basename(ledger.keyFile)}.last.before-`),
    );
    expect(kept).toHaveLength(1);
    expect(await readFile(`${dirname(ledger.keyFile)}/${kept[0]}`, 'utf8')).toContain(`\n${signed}\n`);

    const again = await adopt('--reason', 'once more', '--yes');
    expect(again).toMatchObject({ code: 0 });
    expect(again.output).toContain('it continues every signed and published checkpoint');
    expect(await ledger.client.events('type=audit_ledger_adopted')).toHaveLength(1);
  });
});
