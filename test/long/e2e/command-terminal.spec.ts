import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { isLeftOut, scriptProgram } from '../../support/installed-servers.js';
import { addEvents, makeSequencer, makeSigner, ORIGIN } from '../../support/log-scene.js';
import { withClient } from '../../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const MAIN = resolve('dist/src/cli/main.js');
const COLUMNS = 80;
const EVENTS = 30;
/** What a line had before it was wiped: a command that is slow says that it is at work. */
const WIPED = new RegExp(`[^\\n]*\\r${String.fromCodePoint(0x1b)}\\[K`, 'g');
const COLOUR = new RegExp(`${String.fromCodePoint(0x1b)}\\[\\d+m`);

let database: TestDatabase;
let folder: string;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'audit-terminal-'));
  const keyFile = freshKeyFile();
  environment = {
    PATH: String(process.env.PATH),
    TERM: 'xterm',
    AUDIT_DATABASE_URL: database.url,
    AUDIT_SIGNING_KEY_FILE: keyFile,
    AUDIT_LEDGER_ORIGIN: ORIGIN,
    AUDIT_RETENTION_DAYS: '30',
  };
  const { sequencer } = makeSequencer(database.url, await makeSigner(keyFile));
  await withClient(database.url, (client) => addEvents(client, EVENTS));
  await sequencer.step();
  await sequencer.close();
  const reason = 'the lawsuit of a customer whose name is as long as the reason of a hold may well be';
  expect(await piped('hold', 'place', '--reason', reason, '--tenant', 'acme')).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await rm(folder, { recursive: true });
  await database.drop();
});

interface Run {
  readonly code: number | null;
  readonly output: string;
}

function run(program: string, args: readonly string[], others: Readonly<Record<string, string>> = {}): Promise<Run> {
  return new Promise((done) => {
    const child = execFile(program, args, { cwd: folder, env: { ...environment, ...others } }, (_, output) =>
      done({ code: child.exitCode, output }),
    );
  });
}

async function piped(...args: readonly string[]): Promise<Run> {
  return run(process.execPath, [MAIN, ...args]);
}

/** On a terminal, which ends its lines with a carriage return as well. */
async function onTerminal(args: readonly string[], others?: Readonly<Record<string, string>>): Promise<Run> {
  const command = [`stty cols ${COLUMNS} rows 24;`, process.execPath, MAIN, ...args].join(' ');
  const { code, output } = await run('script', ['--quiet', '--return', '--command', command, '/dev/null'], others);
  return { code, output: output.replace(WIPED, '').replaceAll('\r', '') };
}

(isLeftOut('script of util-linux', scriptProgram()) ? describe.skip : describe)('on a terminal of 80 columns', () => {
  it.each([
    ['query limit=5'],
    ['query type=order_created limit=3'],
    ['hold list'],
    ['retention plan'],
    ['streams list'],
  ])('%s fits', async (command) => {
    const { code, output } = await onTerminal(command.split(' '));
    expect([code, output]).toEqual([0, expect.stringMatching(/\S/)]);
    const lines = stripVTControlCharacters(output).split('\n');
    expect(lines.filter(({ length }) => length > COLUMNS)).toEqual([]);
  });

  it('verify has colours, and none with NO_COLOR', async () => {
    expect((await onTerminal(['verify'])).output).toMatch(COLOUR);
    expect((await onTerminal(['verify'], { NO_COLOR: '1' })).output).not.toMatch(COLOUR);
    expect((await piped('verify')).output).not.toMatch(COLOUR);
  });
});

describe('export', () => {
  it('writes nothing but the events to the standard output', async () => {
    const { code, output } = await piped('export', '--output', '-');
    expect(code).toBe(0);
    const lines = output.trimEnd().split('\n');
    expect(lines).toHaveLength(EVENTS);
    expect(lines.map((line) => typeof (JSON.parse(line) as { readonly id: unknown }).id)).toEqual(
      lines.map(() => 'string'),
    );
  });

  it.each(['events.jsonl', 'events.jsonl.manifest'])('does not replace %s, unless it is told to', async (name) => {
    await rm(join(folder, 'events.jsonl'), { force: true });
    await rm(join(folder, 'events.jsonl.manifest'), { force: true });
    await writeFile(join(folder, name), 'mine');
    expect(await piped('export', '--output', 'events.jsonl')).toMatchObject({ code: 2 });
    expect(await readFile(join(folder, name), 'utf8')).toBe('mine');
    expect(existsSync(join(folder, name === 'events.jsonl' ? 'events.jsonl.manifest' : 'events.jsonl'))).toBe(false);
    expect(await piped('export', '--output', 'events.jsonl', '--force')).toMatchObject({ code: 0 });
    expect(await readFile(join(folder, name), 'utf8')).not.toBe('mine');
  });
});
