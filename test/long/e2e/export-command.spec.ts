import { describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { buildCatalogueFactRules } from '../../../src/audit/nest-free.js';
import { storeEvents } from '../../support/stored-events.js';
import { eventually, runBuilt, sampleEvent, tempFolder, testDatabase, withClient } from '../../support/index.js';
import { makeSequencer, makeSigner, ORIGIN } from '../../support/log-scene.js';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { TESTS_KEY } from '../../support/writers.js';

/** Some 50 MB of JSON, so that an export lasts long enough to be killed amid it. */
const SIZE = 6_000;
const STEP = 1_000;
const TEXT = 'x'.repeat(7_000);
const MAIN = resolve('dist/src/cli/main.js');
let folder = '';
let verifierKey = '';
let environment: Record<string, string> = {};

const command = (...args: readonly string[]) => runBuilt(args, { cwd: folder, env: environment });

function at(name: string): string {
  return join(folder, name);
}

const database = await testDatabase();
folder = await tempFolder('audit-export-');
const keyFile = freshKeyFile();
const signer = await makeSigner(keyFile);
verifierKey = signer.verifierKey;
environment = {
  PATH: String(process.env.PATH),
  DATABASE_URL: database.url,
  AUDIT_SIGNING_KEY_FILE: keyFile,
  AUDIT_LEDGER_ORIGIN: ORIGIN,
  AUDIT_WRITER_KEY: TESTS_KEY,
};
const { sequencer } = makeSequencer(database.url, signer);
const rules = buildCatalogueFactRules();
await withClient(database.url, async (client) => {
  for (let size = 0; size < SIZE; size += STEP) {
    const events = Array.from({ length: STEP }, (_, nth) =>
      sampleEvent({ tenantId: nth % 100 === 0 ? 'acme' : 'other', details: { text: TEXT, email: 'a@example.com' } }),
    );
    await storeEvents(client, events, () => rules);
    await sequencer.run();
  }
});
await sequencer.close();
expect(await command('export', '--output', 'whole.jsonl')).toMatchObject({ code: 0, errors: '' });

describe('nestjs-audit-ledger export', () => {
  it('writes every sealed event by its id, and a manifest that verify confirms', async () => {
    const lines = (await readFile(at('whole.jsonl'), 'utf8')).trimEnd().split('\n');
    const stored = await database.sql(`SELECT id FROM audit_event WHERE type = 'order_created' ORDER BY id`);
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(stored.map(({ id }) => id));

    const { code, output, errors } = await command('verify', 'whole.jsonl', '--key', verifierKey, '--json');
    expect([code, errors]).toEqual([0, '']);
    expect(JSON.parse(output)).toMatchObject({
      verdict: 'sound',
      findings: [],
      missing: 0,
      manifest: {
        origin: ORIGIN,
        count: SIZE,
        firstIndex: 0,
        lastIndex: SIZE - 1,
        treeSize: SIZE,
        filters: {},
        gzip: null,
      },
    });
    expect(existsSync(at('whole.jsonl.progress'))).toBe(false);
  });

  it.each([[[]], [['--gzip']]])(
    'killed amid it and resumed, has the same bytes as in one go, with %j',
    async (more) => {
      const file = `killed${more.length}.out`;
      const args = ['export', '--output', file, '--resume', ...more];
      // The export may end before the kill; then the test tries again.
      for (let isKilled = false; !isKilled;) {
        for (const left of [file, `${file}.manifest`, `${file}.progress`]) await rm(at(left), { force: true });
        const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: environment, stdio: 'ignore' });
        const ended = once(child, 'exit');
        await eventually(async () => {
          const kept = await readFile(at(`${file}.progress`), 'utf8').catch(() => '');
          return (kept !== '' && !kept.includes('"count":0,')) || child.exitCode !== null;
        });
        child.kill('SIGKILL');
        await ended;
        expect([null, 0]).toContain(child.exitCode);
        isKilled = existsSync(at(`${file}.progress`)) && !existsSync(at(`${file}.manifest`));
      }
      await appendFile(at(file), 'a torn line, such as a crash leaves');
      const torn = await readFile(at(file));

      await flip(at(file), 1_000);
      const changed = await readFile(at(file));
      const refused = await command(...args);
      expect([refused.code, refused.errors]).toEqual([2, expect.stringContaining(`Cannot resume ${file}`)]);
      expect((await readFile(at(file))).equals(changed)).toBe(true); // it may be somebody else's
      await writeFile(at(file), torn);
      const other = await command('export', '--output', file, '--resume', ...more, 'type=order_created');
      expect(other).toMatchObject({ code: 2 });
      expect(other.errors).toContain('was begun with another format, other filters');
      const marked = await command('export', '--output', file, '--resume', ...more, '--tree-size', '1');
      expect(marked.errors).toContain(`was begun with the tree size ${SIZE}. Give --tree-size ${SIZE}`);
      expect(await command(...args)).toMatchObject({ code: 0, errors: '' });
      const bytes = await readFile(at(file));
      const content = more.length > 0 ? gunzipSync(bytes) : bytes;
      expect(content.equals(await readFile(at('whole.jsonl')))).toBe(true);
      expect(await command('verify', file, '--key', verifierKey)).toMatchObject({ code: 0, errors: '' });
    },
  );

  it('writes what is of one tenant alone, by the server’s word, and by a filter', async () => {
    const args = ['--tenant', 'acme', '--format', 'csv', '--json'];
    const { code, output } = await command('export', '--output', 'acme.csv', ...args);
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ count: SIZE / 100, access: { scope: 'tenants', tenantIds: ['acme'] } });
    expect(await readFile(at('acme.csv'), 'utf8')).not.toContain('other');
    const filtered = await command('export', '--output', 'none.jsonl', '--tenant', 'acme', 'tenantId=other', '--json');
    expect(JSON.parse(filtered.output)).toMatchObject({ count: 0, firstIndex: null, filters: { tenantId: 'other' } });
    for (const file of ['acme.csv', 'none.jsonl']) {
      expect(await command('verify', file, '--key', verifierKey)).toMatchObject({ code: 0, errors: '' });
    }
  });

  it.each(['mine.jsonl', 'mine.jsonl.manifest'])('does not replace %s, unless it is told to', async (name) => {
    for (const file of ['mine.jsonl', 'mine.jsonl.manifest']) await rm(at(file), { force: true });
    await writeFile(at(name), 'mine');
    const args = ['export', '--tenant', 'acme', '--output', 'mine.jsonl'];
    expect(await command(...args)).toMatchObject({ code: 2 });
    expect(await readFile(at(name), 'utf8')).toBe('mine');
    expect(await command(...args, '--force')).toMatchObject({ code: 0 });
    expect(await readFile(at(name), 'utf8')).not.toBe('mine');
  });

  it.each([
    [['--output', 'x', '--tree-size', 'newest'], '--tree-size is newest, not a whole number'],
    [['--output', 'x', '--tree-size', '987654321'], 'no checkpoint of the ledger has that size'],
    [['--output', 'whole.jsonl'], 'the file exists'],
    [['--output', 'whole.jsonl', '--resume'], 'whole.jsonl.progress is missing'],
    [['--output', 'x', 'colour=red'], 'colour is an unknown parameter'],
    [['--output', 'x', 'treeSize=1'], 'Cannot export by treeSize: it is not a filter'],
    [['--output', 'x', '--bom'], 'Cannot begin jsonl with a byte order mark'],
    [['--output', 'x', '--format', 'csv', '--proofs'], 'Cannot export proofs as csv'],
    [['--output', 'x', '--database-url', 'postgresql://app:s3cret@127.0.0.1:1/none'], 'ECONNREFUSED'],
  ])('ends with 2 for %j', async (args, said) => {
    const { code, errors } = await command('export', ...args);
    expect(code).toBe(2);
    expect(errors).toContain(said);
    expect(errors).not.toContain('s3cret');
  });
});

it('reports a full disk, and continues when there is space', async () => {
  const args = [MAIN, 'export', '--output', 'full.jsonl', '--resume'];
  const limited = execFile('/bin/sh', ['-c', 'ulimit -f 20480; exec "$0" "$@"', process.execPath, ...args], {
    cwd: folder,
    env: environment,
  });
  let said = '';
  limited.stderr?.on('data', (chunk: string) => (said += chunk));
  expect(await once(limited, 'close')).toEqual([2, null]);
  expect(said).toContain('Cannot write the export: EFBIG');
  expect(await command(...args.slice(1))).toMatchObject({ code: 0, errors: '' });
});

async function flip(file: string, offset: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[offset] = bytes[offset] === 0x31 ? 0x32 : 0x31;
  await writeFile(file, bytes);
}
