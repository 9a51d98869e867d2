import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { testDatabase } from '../../support/close-after-tests.js';
import { writeLogFiles } from '../../support/serve-log-files.js';
import { addEvents, makeSequencer, makeSigner, ORIGIN } from '../../support/log-scene.js';
import { runSql, withClient } from '../../support/sql.js';

/** With so many events, `verify` uses more than one thread. */
const SIZE = 17_500;
const STEP = 2_500;

interface Run {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

async function command(...args: readonly string[]): Promise<Run> {
  const main = resolve('dist/src/cli/main.js');
  return new Promise((done) => {
    // Outside the repository, the command finds no file .env.
    const options = { cwd: folder, env: { PATH: process.env.PATH } };
    const child = execFile(process.execPath, [main, ...args], options, (_error, output, errors) =>
      done({ code: child.exitCode ?? -1, output, errors }),
    );
  });
}

async function verify(...args: readonly string[]): Promise<Run> {
  return command('verify', '--database-url', database.url, '--key', verifierKey, ...args);
}

const database = await testDatabase();
const folder = await mkdtemp(join(tmpdir(), 'audit-verify-'));
const signer = await makeSigner();
const verifierKey = signer.verifierKey;
const { sequencer } = makeSequencer(database.url, signer);
await withClient(database.url, async (client) => {
  for (let size = 0; size < SIZE; size += STEP) {
    await addEvents(client, STEP);
    await sequencer.run();
  }
  await writeLogFiles(client, join(folder, 'log'));
});
await sequencer.close();

describe('nestjs-audit-ledger verify', () => {
  it('says that a ledger is sound, with one thread and with two', async () => {
    for (const threads of ['1', '2']) {
      const { code, output, errors } = await verify('--threads', threads, '--json');
      expect(errors).toBe('');
      expect(JSON.parse(output)).toMatchObject({ verdict: 'sound', origin: ORIGIN, size: SIZE, checked: SIZE });
      expect(code).toBe(0);
    }
  });

  it('names what was tampered with, and ends with 1', async () => {
    const [leaf] = await runSql(database.superuserUrl, 'SELECT event_id AS id FROM audit_leaf WHERE index = 17001');
    const id = String(leaf?.id);
    const change = (reason: string) => `SET session_replication_role = 'replica';
      UPDATE audit_event SET reason = '${reason}' WHERE id = '${id}'`;
    await runSql(database.superuserUrl, change('forged'));
    try {
      const { code, output } = await verify('--threads', '2');
      expect(output).toContain(
        `event_altered  audit_event, index 17001, event ${id}: its facts differ from its leaf\n`,
      );
      expect(output).toContain('tampered: ');
      expect(code).toBe(1);
    } finally {
      await runSql(database.superuserUrl, change('because'));
    }
  });

  it('resumes where it was before, and stores its progress', async () => {
    const kept = join(folder, 'progress.json');
    expect(await verify('--resume', kept)).toMatchObject({ code: 0 });
    const again = await verify('--resume', kept, '--json');
    expect(JSON.parse(again.output)).toMatchObject({ verdict: 'sound', size: SIZE, checked: 0 });
    await writeFile(kept, JSON.stringify({ origin: ORIGIN, size: 5, partials: [] }));
    expect(await verify('--resume', kept)).toMatchObject({ code: 2, errors: expect.stringContaining('Cannot resume') });
  });
});

it('a kept checkpoint that is larger than a download is not covered by it: a warning', async () => {
  await withClient(database.url, (client) => writeLogFiles(client, join(folder, 'early'), STEP));
  const run = await command(
    'verify',
    '--from',
    'early',
    '--key',
    verifierKey,
    '--checkpoint',
    'log/checkpoint',
    '--json',
  );
  expect(JSON.parse(run.output)).toMatchObject({ verdict: 'sound', size: STEP, findings: [] });
  expect(run.output).toContain(`of size ${SIZE} are not covered`);
});

it('nestjs-audit-ledger keygen makes a key file that it never overwrites, and prints the verifier key', async () => {
  const made = await command('keygen', 'example.com/other', '--output', 'signing.key');
  expect(made).toMatchObject({ code: 0, output: expect.stringMatching(/^example\.com\/other\+[0-9a-f]{8}\+/) });
  const key = await readFile(join(folder, 'signing.key'), 'utf8');
  expect(key).toMatch(/^PRIVATE\+KEY\+example\.com\/other\+/);
  expect(await command('keygen', 'example.com/other', '--output', 'signing.key')).toMatchObject({ code: 2 });
  expect(await readFile(join(folder, 'signing.key'), 'utf8')).toBe(key);
  const shown = await command('keygen', 'example.com/other', '--show', 'signing.key');
  expect(shown).toMatchObject({ code: 0, output: made.output });
  expect(await command('keygen', ORIGIN, '--show', 'signing.key')).toMatchObject({ code: 2 });
});
