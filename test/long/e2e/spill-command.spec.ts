import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WRITER_KEY_FILE } from '../../../src/audit/writer-keys.js';
import { SpillFolder } from '../../../src/audit/delivery/spill/spill-folder.js';
import type { AuditEvent } from '../../../src/audit/index.js';
import { command as spillCommand } from '../../../src/cli/commands/spill.command.js';
import { type CommandRun, runBuilt, tempFolder } from '../../support/index.js';
import { age, buildEvents, getIds, leave, takeAll, SPILL_KEY, SPILL_KEYS } from '../../support/spilled.js';

let home: string;
let path: string;
let spill: SpillFolder;
let dead: readonly AuditEvent[];
let waiting: readonly AuditEvent[];

beforeEach(async () => {
  process.env.AUDIT_WRITER_KEY = SPILL_KEY;
  home = await tempFolder('spill-');
  path = join(home, '.data', 'spill');
  spill = new SpillFolder(path, { maxBytes: 1e6, keys: SPILL_KEYS });
  dead = buildEvents(3);
  waiting = buildEvents(2);
  await spill.append('database', waiting);
  await spill.addDeadLetter(
    'database',
    dead.map((event) => ({ event, error: 'value out\nof \u001b[31mrange' })),
  );
});

afterEach(async () => {
  delete process.env.AUDIT_WRITER_KEY;
  await spill.close();
});

function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<CommandRun> {
  return runBuilt(['spill', ...args], { cwd: home, env: { AUDIT_WRITER_KEY: SPILL_KEY, ...environment } });
}

/** A call in this process takes less time than a process of its own. */
async function call(...args: readonly string[]): Promise<CommandRun> {
  const { exitCode: code, output = '', errors = '' } = await spillCommand.run([...args, '--dir', path]);
  return { code, output, errors };
}

const getId = (event: AuditEvent | undefined): string => event?.id ?? '';
const deadIds = async (): Promise<readonly string[]> => (await spill.deadLetters()).map(({ event }) => event.id);

async function contents(): Promise<readonly (readonly [string, string])[]> {
  const names = (await readdir(path)).sort();
  return Promise.all(names.map(async (name) => [name, await readFile(join(path, name), 'utf8')] as const));
}

describe('nestjs-audit-ledger spill list', () => {
  it('shows what waits and what is dead, line by line', async () => {
    const { code, output, errors } = await run(['list']);
    const [first, second, ...letters] = output.split('\n');

    expect([code, errors]).toEqual([0, '']);
    expect(first).toMatch(/^Spill \.data\/spill: \d+ bytes, 0 unreadable line\(s\)$/);
    expect(second).toMatch(
      /^database: 2 event\(s\) waiting in \d+ bytes, the oldest of 2026-11-20T08:00:00.123Z; 3 dead letter\(s\)$/,
    );
    expect(letters).toEqual([
      ...getIds(dead).map(
        (id) => `  ${id}  order_created  2026-11-20T08:00:00.123Z  value out\ufffdof \ufffd[31mrange`,
      ),
      '',
    ]);
  });

  it.each([
    ['that --dir names', (given: string) => run(['list', '--json', '--dir', given], { AUDIT_SPILL_DIR: 'other' })],
    ['of the environment', (given: string) => run(['list', '--json'], { AUDIT_SPILL_DIR: given })],
    [
      'of the file .env',
      async (given: string) => {
        await writeFile(join(home, '.env'), `AUDIT_SPILL_DIR=${given}\n`);
        return run(['list', '--json']);
      },
    ],
  ])('prints JSON, of the folder %s', async (_which, list) => {
    const { code, output } = await list(path);

    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      corruptLines: 0,
      backends: [
        { backend: 'database', waitingEvents: 2, deadLetters: dead.map((event) => ({ backend: 'database', event })) },
      ],
    });
  });
});

it('the key of the lines is that of the key file where the environment names none', async () => {
  const own = join(home, 'own');
  await mkdir(join(home, '.data'), { recursive: true });
  await writeFile(join(home, WRITER_KEY_FILE), SPILL_KEY);
  const folder = new SpillFolder(own, { maxBytes: 1e6, keys: SPILL_KEYS });
  await folder.prepare();
  await folder.append('database', buildEvents(2));
  await folder.close();
  const list = () => run(['list', '--dir', own], { AUDIT_WRITER_KEY: '' });

  expect((await list()).output).toContain('database: 2 event(s) waiting');
  await rm(join(home, WRITER_KEY_FILE));
  expect(await list()).toMatchObject({
    code: 2,
    errors: expect.stringMatching(
      /^Cannot check the lines of the spill .*: the key file .* is missing\. Set AUDIT_WRITER_KEY/,
    ),
  });
});

describe('nestjs-audit-ledger spill replay', () => {
  it('puts dead letters back for the application to replay', async () => {
    expect(await call('replay', getId(dead[1]))).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Put back 1 dead/),
    });
    expect(await deadIds()).toEqual([getId(dead[0]), getId(dead[2])]);
    expect(await takeAll(spill, 'database')).toEqual([...waiting, dead[1]]);
  });

  it('puts all back, while the application buries more', async () => {
    const more = buildEvents(1);
    const [result] = await Promise.all([
      run(['replay', '--all']),
      spill.addDeadLetter(
        'database',
        more.map((event) => ({ event, error: 'no' })),
      ),
    ]);
    expect(result.code).toBe(0);

    const kept = new Set([...(await deadIds()), ...getIds(await takeAll(spill, 'database'))]);
    expect(getIds([...dead, ...more, ...waiting]).filter((id) => !kept.has(id))).toEqual([]);
  });
});

describe('nestjs-audit-ledger spill drop', () => {
  it('removes dead letters, and has an event replayed that says which, by whom and why', async () => {
    const result = await run(['drop', getId(dead[0]), getId(dead[2]), '--reason', 'test data']);
    const events = await takeAll(spill, 'database');

    expect(result).toMatchObject({ code: 0, errors: '' });
    expect(await deadIds()).toEqual([getId(dead[1])]);
    expect(events.slice(0, 2)).toEqual(waiting);
    expect(events.slice(2)).toEqual([
      expect.objectContaining({
        type: 'audit_dead_letter_dropped',
        outcome: 'success',
        severity: 'warning',
        actor: { type: 'system', id: userInfo().username },
        reason: 'test data',
        details: { events: [0, 2].map((index) => ({ id: getId(dead[index]), type: 'order_created' })) },
      }),
    ]);
  });
});

describe('nestjs-audit-ledger spill adopt', () => {
  let other: string;
  let others: readonly AuditEvent[];

  beforeEach(async () => {
    other = join(home, 'of-another');
    const instance = new SpillFolder(other, { maxBytes: 1e6, keys: SPILL_KEYS });
    others = buildEvents(3);
    await instance.append('database', others.slice(0, 2));
    await instance.addDeadLetter(
      'database',
      others.slice(2).map((event) => ({ event, error: 'no' })),
    );
    await instance.close();
    await writeFile(join(other, '0199aaaa-0000-7000-8000-000000000000.corrupt'), 'torn\n');
    await age(other); // its process lives: it is this one
  });

  it('moves what a dead instance left, for the application to replay', async () => {
    const result = await run(['adopt', other, '--dir', path]);

    expect(result).toMatchObject({ code: 0, errors: '' });
    expect(result.output).toMatch(/^Adopted 2 waiting event\(s\), 1 dead letter\(s\) and 1 unreadable line\(s\)/);
    expect(await readdir(other)).toEqual([]);
    expect([...(await deadIds())].sort()).toEqual([...getIds(dead), ...getIds(others.slice(2))].sort());
    expect(getIds(await takeAll(spill, 'database')).toSorted()).toEqual(
      getIds([...waiting, ...others.slice(0, 2)]).toSorted(),
    );
    expect(spill.status().corruptLines).toBe(1);

    expect(await run(['adopt', other, '--dir', path])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Nothing to adopt/),
    });
  });

  it.each([
    ['of this computer', {}],
    ['of another computer', { host: 'another', pid: 1 }],
  ])('refuses the folder of an instance %s that may be alive, until it was silent for long', async (_where, owner) => {
    await leave(other, '', { backend: 'database', ...owner });
    const before = await readdir(other);

    expect(await run(['adopt', other, '--dir', path])).toEqual({
      code: 2,
      output: '',
      errors: expect.stringMatching(/^Cannot adopt the spill .*may be alive\. Nothing was moved\. Stop that instance/),
    });
    expect(await readdir(other)).toEqual(before);

    await age(other);
    expect(await run(['adopt', other, '--dir', path])).toMatchObject({ code: 0 });
  });

  it('refuses what is signed with another key, until the application knows that key', async () => {
    const next = 'the next key that has 32 characters or more';
    process.env.AUDIT_WRITER_KEY = next;
    expect((await call('adopt', other)).errors).toMatch(/signed with another key\. Nothing was moved\. Add the key/);
    expect(await readdir(other)).toHaveLength(3);

    process.env.AUDIT_WRITER_KEY = [next, SPILL_KEY].join();
    expect((await call('adopt', other)).output).toMatch(/^Adopted 2 waiting event/);
  });
});

it.each([
  ['an unknown id', ['replay', '0-no-such-id'], /^Cannot find these dead letters .*0-no-such-id.*Nothing was changed/],
  ['a drop without a reason', ['drop', '--all'], /^Cannot drop dead letters: the reason is missing\. State it/],
  ['neither ids nor --all', ['replay'], /^Cannot choose the dead letters/],
])('what the command refuses %s: nothing is changed, and it says what to do', async (_what, args, message) => {
  const before = await contents();

  expect(await call(...args)).toEqual({ code: 2, output: '', errors: expect.stringMatching(message) });
  expect(await contents()).toEqual(before);
});
