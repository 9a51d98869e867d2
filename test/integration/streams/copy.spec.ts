import { beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command as consumers } from '../../../src/cli/commands/consumers.command.js';
import type { StreamOptions } from '../../../src/extensions/streams/index.js';
import { storeEvents } from '../../support/stored-events.js';
import { COMMAND_CALLS } from '../../support/command-calls.js';
import { expectCommandJson } from '../../support/expect-command-json.js';
import { eventually, freshKeyFile, SAMPLE_RULES, sampleEvent, tempFolder, withClient } from '../../support/index.js';
import { closeAfterTests, testDatabase } from '../../support/close-after-tests.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';
import { verifyCopyAt, type VerifiedCopy } from '../../support/verified-copy.js';

const NAMES = ['whole', 'bare', 'pseudonyms', 'beta', 'full'] as const;
let sealed: number;
let copy: string;

const database = await testDatabase();
const keyFile = freshKeyFile();
const folder = await tempFolder('audit-copies-');
await closeAfterTests(
  startStreamApp(database, keyFile, [
    stream('whole'),
    stream('bare', { personal: 'omit' }),
    stream('pseudonyms', { personal: 'pseudonym', pseudonymKey: 'k'.repeat(32) }),
    stream('beta', { access: { scope: 'tenants', tenantIds: ['beta'] } }),
    stream('full', { destination: { type: 'file', path: getFolderPath('full'), maxBytes: 8_000 } }),
  ]),
);
await withClient(database.url, (client) =>
  storeEvents(client, [buildEvent('beta'), buildEvent('acme'), buildEvent('beta')], () => SAMPLE_RULES),
);
await addSealed(database, 20);
for (const name of NAMES) sealed = await passed(database, name);
const lines = (await readFile(getFolderPath('whole'), 'utf8')).trimEnd().split('\n');
const newest = join(folder, 'newest.checkpoint');
const [checkpoint] = await database.superuserSql('SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1');
await writeFile(newest, String(checkpoint?.note));

beforeEach(() => {
  copy = join(folder, 'changed', 'events.jsonl');
});

function buildEvent(tenantId: string): ReturnType<typeof sampleEvent> {
  return sampleEvent({ tenantId });
}

function getFolderPath(name: string): string {
  return join(folder, name, 'events.jsonl');
}

function stream(name: string, options: Partial<StreamOptions> = {}): StreamOptions {
  const destination = { type: 'file', path: getFolderPath(name) } as const;
  return { name, destination, personal: 'include', batch: { maxEvents: 4 }, ...options };
}

async function verifyLines(changed: readonly string[], ...args: readonly string[]): Promise<VerifiedCopy> {
  await mkdir(join(copy, '..'), { recursive: true });
  await writeFile(copy, changed.map((line) => `${line}\n`).join(''));
  return verifyCopyAt(database.url, copy, ...args);
}

function begins(): readonly number[] {
  return lines.flatMap((line, nth) => (line.startsWith('{"batch":{') ? [nth] : []));
}

function batchAt(nth: number): readonly string[] {
  return lines.slice(begins()[nth], begins()[nth + 1]);
}

function without(removed: readonly string[]): readonly string[] {
  return lines.filter((line) => !removed.includes(line));
}

describe('the copy of a stream', () => {
  it.each(NAMES)('is sound, offline, with the full files beside it (%s)', async (name) => {
    const { exitCode, ...said } = await verifyCopyAt(database.url, getFolderPath(name), '--checkpoint', newest);
    expect({ exitCode, ...said }).toMatchObject({ verdict: 'sound', stream: name, findings: [], exitCode: 0 });
    expect(said.events).toBe(name === 'beta' ? 2 : sealed);
    const row = COMMAND_CALLS.verify?.find(({ good }) => good.keys.includes('stream'));
    expectCommandJson('verify', JSON.stringify(said), row?.good);
  });

  it('says what was not proven', async () => {
    expect((await verifyLines(lines)).notes).toEqual([expect.stringContaining('give --checkpoint')]);
    const pseudonyms = await verifyCopyAt(database.url, getFolderPath('pseudonyms'), '--checkpoint', newest);
    expect(pseudonyms.notes).toEqual([expect.stringContaining('their facts are proven, their pseudonyms are not')]);
  });

  it('may begin where the receiver deleted older events, if --first names the beginning', async () => {
    const { last } = (JSON.parse(batchAt(0)[0] ?? '') as { batch: { last: number } }).batch;
    expect(await verifyLines(without(batchAt(0)), '--first', String(last + 1))).toMatchObject({ verdict: 'sound' });
  });

  it('may repeat a batch, whole or cut off by a crash', async () => {
    const [at = 0] = begins().slice(1);
    const torn = [...lines.slice(0, at + 2), ...lines.slice(at), ...batchAt(3)];
    expect(await verifyLines(torn)).toMatchObject({ verdict: 'sound', events: sealed, batches: begins().length });
  });

  it('may have its batches in any order', async () => {
    expect(await verifyLines([...without(batchAt(1)), ...batchAt(1)])).toMatchObject({ verdict: 'sound' });
  });
});

describe('a copy that is not what was sent', () => {
  const changes: readonly (readonly [string, () => readonly string[], string])[] = [
    ['lacks an event', () => without([batchAt(1)[2] ?? '']), 'is not as a key of the ledger signed it'],
    ['lacks a batch', () => without(batchAt(2)), 'the batches of these events are not in the copy'],
    ['lacks the first batch', () => without(batchAt(0)), 'the batches of these events are not in the copy'],
    ['lacks the last batch', () => without(batchAt(begins().length - 1)), 'the given checkpoint has these events'],
    ['has an event in another batch', () => [...without([lines[1] ?? '']), lines[1] ?? ''], 'belongs to no batch'],
    [
      'has another fact',
      () => lines.map((line, nth) => (nth === 2 ? line.replace('"order_created"', '"order_deleted"') : line)),
      'is not as a key of the ledger signed it',
    ],
    [
      'has another personal value',
      () => lines.map((line) => line.replace('"Ada"', '"Eve"')),
      'is not as a key of the ledger signed it',
    ],
    [
      'claims a filter that the stream did not have',
      () => lines.map((line) => line.replace('"filter":{}', '"filter":{"type":"nothing_of_this"}')),
      'is not as a key of the ledger signed it',
    ],
    [
      'has the note of another batch',
      () => {
        const note = (nth: number): string => /"note":"(?:[^"\\]|\\.)*"/.exec(batchAt(nth)[0] ?? '')?.[0] ?? '';
        return lines.map((line) => line.replace(note(1), note(2)));
      },
      'is not as a key of the ledger signed it',
    ],
    ['has a line that is not JSON', () => [...lines, '{'], 'has a line that belongs to no batch'],
    ['has a line of something else', () => ['{"a":1}', ...lines], 'has a line that belongs to no batch'],
  ];

  it.each(changes)('%s', async (_what, change, finding) => {
    const changed = change();
    expect(changed).not.toEqual(lines);
    const found = await verifyLines(changed, '--checkpoint', newest);
    expect(found).toMatchObject({ verdict: 'tampered', exitCode: 1 });
    expect(found.findings).toContainEqual(expect.stringContaining(finding));
  });

  it('is of another stream in part', async () => {
    const beta = (await readFile(getFolderPath('beta'), 'utf8')).trimEnd().split('\n');
    const { findings } = await verifyLines([...lines, ...beta]);
    expect(findings).toEqual([expect.stringContaining('belongs to the stream beta, and not to whole')]);
  });

  it('names the places of a missing batch', async () => {
    const { first, last } = (JSON.parse(batchAt(2)[0] ?? '') as { batch: { first: number; last: number } }).batch;
    const { findings } = await verifyLines(without(batchAt(2)));
    expect(findings).toEqual([expect.stringContaining(`index ${first} to ${last}: `)]);
  });
});

it('the copy of a ledger that somebody changed before the stream read it names the changed event', async () => {
  await database.superuserSql(
    `SET session_replication_role = 'replica'; UPDATE audit_event SET reason = 'forged' WHERE id = (SELECT event_id FROM audit_leaf WHERE index = 3); RESET session_replication_role`,
  );
  const replay = ['replay', 'whole', '--from', '0', '--to', '9', '--database-url', database.url];
  expect(await consumers.run(replay, { AUDIT_SIGNING_KEY_FILE: keyFile })).toMatchObject({ exitCode: 0 });
  // A batch that is being written looks cut off.
  await eventually(async () => {
    const { findings } = await verifyCopyAt(database.url, getFolderPath('whole'), '--checkpoint', newest);
    return findings.join() === 'index 3: the event was not sealed like this';
  });
});
