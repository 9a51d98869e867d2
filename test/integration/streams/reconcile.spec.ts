import { beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointSigner } from '../../../src/modules/monitoring/signing/checkpoint-signer.service.js';
import type { StreamOptions } from '../../../src/modules/streams/index.js';
import { insertBatch } from '../../../src/modules/monitoring/store/insert-batch.js';
import { sealEvents } from '../../../src/modules/monitoring/store/seal-row.js';
import { expectJsonOf } from '../../support/expect-json-of.js';
import { freshKeyFile, SAMPLE_RULES, sampleEvent, tempFolder, withClient } from '../../support/index.js';
import { kept, testDatabase } from '../../support/kept.js';
import { reconcileCopy, type ReconciledCopy } from '../../support/reconciled-copy.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';

const NAMES = ['whole', 'bare', 'pseudonyms', 'beta', 'full'] as const;
let sealed: number;
let copy: string;

const database = await testDatabase();
const folder = await tempFolder('audit-copies-');
const app = await kept(
  startStreamApp(database, freshKeyFile(), [
    stream('whole'),
    stream('bare', { personal: 'omit' }),
    stream('pseudonyms', { personal: 'pseudonym', pseudonymKey: 'k'.repeat(32) }),
    stream('beta', { access: { scope: 'tenants', tenantIds: ['beta'] } }),
    stream('full', { destination: { type: 'file', path: pathOf('full'), maxBytes: 8_000 } }),
  ]),
);
await withClient(database.url, (client) =>
  client.query(insertBatch(sealEvents([eventOf('beta'), eventOf('acme'), eventOf('beta')], () => SAMPLE_RULES))),
);
await addSealed(database, 20);
for (const name of NAMES) sealed = await passed(database, name);
const key = app.app.get(CheckpointSigner).verifierKey;
const lines = (await readFile(pathOf('whole'), 'utf8')).trimEnd().split('\n');

beforeEach(() => {
  copy = join(folder, 'changed', 'events.jsonl');
});

function eventOf(tenantId: string): ReturnType<typeof sampleEvent> {
  return sampleEvent({ tenantId });
}

function pathOf(name: string): string {
  return join(folder, name, 'events.jsonl');
}

function stream(name: string, options: Partial<StreamOptions> = {}): StreamOptions {
  const destination = { type: 'file', path: pathOf(name) } as const;
  return { name, destination, personal: 'include', batch: { maxEvents: 4 }, ...options };
}

async function reconcile(name: string, ...args: readonly string[]): Promise<ReconciledCopy> {
  return reconcileCopy(database.url, '--stream', name, '--received', pathOf(name), ...args);
}

async function reconcileLines(changed: readonly string[], ...args: readonly string[]): Promise<ReconciledCopy> {
  await mkdir(join(copy, '..'), { recursive: true });
  await writeFile(copy, changed.map((line) => `${line}\n`).join(''));
  return reconcileCopy(database.url, '--stream', 'whole', '--received', copy, ...args);
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
  it.each(NAMES)('is proven against the ledger, with the full files beside it (%s)', async (name) => {
    const { exitCode, ...said } = await reconcile(name);
    expect({ exitCode, ...said }).toMatchObject({ verdict: 'proven', findings: [], exitCode: 0 });
    expectJsonOf('streams reconcile', JSON.stringify(said));
  });

  it('is refuted where a batch claims a filter that the stream did not have, which closes its places', async () => {
    const [head = '', ...events] = batchAt(begins().length - 1);
    const claimed = head.replace('"filter":{}', '"filter":{"type":"nothing_of_this"}');
    expect(claimed).not.toBe(head);
    const changed = without([head, ...events]).concat(claimed);
    const { verdict, findings } = await reconcileLines(changed, '--until', String(sealed));
    expect([verdict, findings.map(({ kind, what }) => `${kind}: ${what}`)]).toEqual([
      'refuted',
      [expect.stringContaining('altered: its filter')],
    ]);
  });

  it('says what was proven of personal values', async () => {
    const all = (await reconcile('whole')).counts;
    expect([all.personalProven, all.personalUnproven]).toEqual([sealed, 0]);
    const pseudonyms = await reconcile('pseudonyms');
    expect([pseudonyms.counts.personalProven, pseudonyms.counts.personalUnproven]).toEqual([0, sealed]);
    expect(pseudonyms.notes.join()).toContain('their facts are proven, their pseudonyms are not');
  });

  it('is proven offline by the root of a signed checkpoint, where it has every event', async () => {
    for (const name of ['whole', 'bare', 'pseudonyms', 'full']) {
      expect(await reconcile(name, '--offline', '--key', key)).toMatchObject({
        verdict: 'proven',
        rootSize: sealed,
        exitCode: 0,
      });
    }
    expect(await reconcile('beta', '--offline', '--key', key)).toMatchObject({
      verdict: 'undecided',
      findings: [],
      exitCode: 2,
    });
  });

  it('has only the events of its tenant', async () => {
    const { counts } = await reconcile('beta');
    expect(counts.events).toBe(2);
  });
});

describe('a copy that is not what was sent', () => {
  const changes: readonly (readonly [string, () => readonly string[], string])[] = [
    ['lacks an event', () => without([batchAt(1)[2] ?? '']), 'missing'],
    ['lacks a batch', () => without(batchAt(2)), 'missing'],
    ['lacks the first batch', () => without(batchAt(0)), 'missing'],
    ['lacks the last batch', () => without(batchAt(begins().length - 1)), 'missing'],
    [
      'has another fact',
      () => lines.map((line, nth) => (nth === 2 ? line.replace('"order_created"', '"order_deleted"') : line)),
      'altered',
    ],
    ['has another personal value', () => lines.map((line) => line.replace('"Ada"', '"Eve"')), 'altered'],
    ['has no salts', () => lines.map((line) => line.replace(/,"salt":"[^"]*"/, '')), 'altered'],
    [
      'has another previous hash',
      () =>
        lines.map((line) =>
          line.replace(/"previousHash":"A/, '"previousHash":"B').replace(/"previousHash":"[^A]/, '"previousHash":"A'),
        ),
      'altered',
    ],
    [
      'has a batch twice, with another body',
      () => [...lines, ...batchAt(1).map((line) => line.replace('"Ada"', '"Eve"'))],
      'twice',
    ],
    ['has batches in another order', () => [...without(batchAt(1)), ...batchAt(1)], 'out_of_order'],
    ['has a line that is not JSON', () => [...lines, '{'], 'unreadable'],
    [
      'has a checkpoint of nobody',
      () =>
        lines.map((line) =>
          line.replace(/(— [^ ]+ [^\\"]{20})(.)/, (_, before, next) => `${String(before)}${next === 'A' ? 'B' : 'A'}`),
        ),
      'checkpoint_forged',
    ],
  ];

  it.each(changes)('%s', async (what, change, kind) => {
    const changed = change();
    expect(changed).not.toEqual(lines);
    const found = await reconcileLines(changed);
    expect(found).toMatchObject({ verdict: 'refuted', exitCode: 1 });
    expect(found.findings.map((each) => each.kind)).toContain(kind);
    const offline = await reconcileLines(changed, '--offline', '--key', key);
    // Offline, only a newer checkpoint shows that the end is missing.
    expect(offline.verdict !== 'refuted').toBe(what === 'lacks the last batch');
  });

  it('without its end is refuted offline by a newer checkpoint', async () => {
    const [row] = await database.superuserSql('SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1');
    const note = join(folder, 'checkpoint');
    await writeFile(note, String(row?.note));
    const found = await reconcileLines(
      without(batchAt(begins().length - 1)),
      '--offline',
      '--key',
      key,
      '--checkpoint',
      note,
    );
    expect(found.findings).toEqual([expect.objectContaining({ kind: 'missing', lastIndex: sealed - 1 })]);
  });

  it('names the places of a missing batch', async () => {
    const { first, last } = (JSON.parse(batchAt(2)[0] ?? '') as { batch: { first: number; last: number } }).batch;
    const { findings } = await reconcileLines(without(batchAt(2)));
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'missing', index: first, lastIndex: last }));
  });
});

describe('a copy that repeats', () => {
  it('a batch with the same body is fine', async () => {
    expect(await reconcileLines([...lines, ...batchAt(3)])).toMatchObject({
      verdict: 'proven',
      counts: { repeated: 1 },
    });
  });

  it('a batch that a crash cut off is fine', async () => {
    const [at = 0] = begins().slice(1);
    const torn = [...lines.slice(0, at + 2), ...lines.slice(at)];
    expect(await reconcileLines(torn)).toMatchObject({ verdict: 'proven', counts: { torn: 1 } });
  });
});

describe('an export of single events', () => {
  const loose = (given: readonly string[]): readonly string[] =>
    given
      .filter((line) => !line.startsWith('{"batch":{'))
      .map((line) => {
        const { event, index, leafHash, proof } = JSON.parse(line) as Record<string, object>;
        return JSON.stringify({ ...event, index, leafHash, proof });
      });

  it('is compared place by place, and says that the chain is not', async () => {
    const found = await reconcileLines(loose(lines).toReversed());
    expect(found).toMatchObject({ verdict: 'proven', exitCode: 0, rootSize: 0 });
    expect(found.notes.join()).toContain('the chain of the batches cannot be checked');
  });

  it('is refuted for an event that is missing, and for one that was altered', async () => {
    const missing = await reconcileLines(loose(lines).toSpliced(3, 1));
    expect(missing.findings).toEqual([expect.objectContaining({ kind: 'missing', index: 3, lastIndex: 3 })]);
    const altered = await reconcileLines(loose(lines).map((line) => line.replace('"order_created"', '"order_read"')));
    expect(altered.findings.map(({ kind }) => kind)).toContain('altered');
  });
});
