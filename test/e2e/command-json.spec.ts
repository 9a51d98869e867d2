import { describe, expect, it } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMANDS } from '../../src/cli/commands.js';
import { formatProof } from '../../src/monitoring/proof/log/notes/tlog-proof.js';
import { COMMAND_CALLS, NOBODY, type CommandRow } from '../support/command-calls.js';
import { expectCommandJson } from '../support/expect-command-json.js';
import { testDatabase, runCommand, tempFolder, withClient, type CommandRun } from '../support/index.js';
import { addEvents, makeSequencer, makeSigner, ORIGIN } from '../support/log-scene.js';
import { writeLogFiles } from '../support/serve-log-files.js';
import { withTiming } from '../support/with-timing.js';

withTiming({ questionMs: 200 }); // no application runs, which would seal what the commands record

const ledger = await testDatabase();
const empty = await testDatabase({ empty: true });
const folder = await tempFolder('audit-json-');
const signer = await makeSigner(join(folder, 'signing.key'));
const { sequencer } = makeSequencer(ledger.url, signer);
await withClient(ledger.url, async (client) => {
  await addEvents(client, 1); // alone in its tree, it needs no hashes for its proof
  await sequencer.run();
  const [entry = ''] = await writeLogFiles(client, join(folder, 'log'));
  const { rows } = await client.query<{ note: string }>('SELECT note FROM audit_checkpoint WHERE size = 1');
  await writeFile(join(folder, 'event.json'), entry);
  const checkpoint = rows[0]?.note ?? '';
  await writeFile(join(folder, 'event.proof'), formatProof({ index: 0, hashes: [], checkpoint }));
});
await sequencer.close();
await writeFile(join(folder, 'verifier.key'), signer.verifierKey);
await mkdir(join(folder, 'spill'));
await call('export', '--output', 'events.jsonl');

async function call(...args: readonly string[]): Promise<CommandRun> {
  const env = {
    DATABASE_URL: ledger.url,
    AUDIT_SIGNING_KEY_FILE: 'signing.key',
    AUDIT_LEDGER_ORIGIN: ORIGIN,
    AUDIT_RETENTION_DAYS: '90',
  };
  const given = args.map((word) => (word === 'EMPTY_URL' ? empty.url : word));
  return runCommand(given, { cwd: folder, env });
}

const ROWS = (await Promise.all(Array.from(COMMANDS.keys(), readRows))).flat();

async function readRows(name: string): Promise<readonly (CommandRow & { readonly name: string })[]> {
  const keys = Array.from((await documented(name)).matchAll(/"(\w+)"/g), ([, key = '']) => key);
  const rows = COMMAND_CALLS[name] ?? [{ good: { args: [], keys }, bad: NOBODY }];
  return rows.map((row) => ({ name, ...row }));
}

async function documented(name: string): Promise<string> {
  return (await COMMANDS.get(name)?.load())?.command.facts.json ?? '';
}

describe('--json', () => {
  it('has rows only for commands in test/support/command-calls.ts', () => {
    expect(Object.keys(COMMAND_CALLS).filter((name) => !COMMANDS.has(name))).toEqual([]);
  });

  it.each(ROWS)(
    'of $name $good.args $good.elsewhere prints one object, of the keys that its help names',
    async ({ name, good }) => {
      const { exitCode = 0, keys } = good;
      if (name !== 'export') for (const key of keys) expect(await documented(name)).toContain(`"${key}"`);
      if ('elsewhere' in good) {
        expect(await readFile(good.elsewhere, 'utf8')).toContain(`expectCommandJson('${name}', `);
        return;
      }
      const { args } = good;
      const { code, output, errors } = await call(...name.split(' '), ...args, '--json');
      expect([code, errors, code === exitCode ? '' : output]).toEqual([exitCode, '', '']);
      expectCommandJson(name, output, good);
    },
  );

  it.each(ROWS)('of $name $bad prints why it failed, in that shape, and exits with 2', async ({ name, bad }) => {
    const { code, output, errors } = await call(...name.split(' '), ...bad, '--json');
    expect([code, errors]).toEqual([2, '']);
    expect(JSON.parse(output)).toEqual({
      ok: false,
      command: name,
      error: {
        code: expect.stringMatching(/^AUDIT_[A-Z_]+$|^E[A-Z]+$/),
        message: expect.stringMatching(/^Cannot .+\.$/s),
      },
    });
  });

  it.each([...COMMANDS.keys()])('of %s refuses a mistyped option in that shape', async (name) => {
    const result = await (await COMMANDS.get(name)?.load())?.command.run(['--no-such-option', '--json'], {});
    expect(result?.exitCode).toBe(2);
    expect(JSON.parse(result?.output ?? '')).toMatchObject({
      ok: false,
      command: name,
      error: { code: 'AUDIT_REQUEST_INVALID' },
    });
  });
});
