import { readFile, readdir, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  age,
  deadPid,
  buildEvents,
  filesIn,
  getIds,
  leave,
  formatLines,
  takeAll,
  taker,
  SPILL_KEY,
  SPILL_KEYS,
} from '../../../../test/support/spilled.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';
import type { AuditEvent } from '../../event/audit-event.js';
import { WriterKeys } from '../../writer-keys.js';
import { createSegmentName } from './spill-file.js';
import { SpillBudget, SpillFolder } from './spill-folder.js';
import { encodeEvent, SpillLines } from './spill-line.js';

const MAX_BYTES = 20_000;

const OPTIONS = { maxBytes: 1e9, keys: SPILL_KEYS };

let parent: string;
let path: string;
let spill: SpillFolder;

beforeEach(async () => {
  parent = await tempFolder('spill-');
  path = join(parent, 'audit', 'spill');
  spill = new SpillFolder(path, OPTIONS);
});

afterEach(() => spill.close());

const files = (): Promise<readonly string[]> => filesIn(path);

describe('what is appended', () => {
  it('is on disk when the append resolves, one event a line, readable by the owner only', async () => {
    const events = buildEvents(3);
    await spill.append('memory', events.slice(0, 2));
    await spill.append('memory', events.slice(2));
    const [name = '', ...others] = await files();
    const lines = (await readFile(join(path, name), 'utf8')).split('\n').slice(0, -1);

    expect(others).toEqual([]);
    expect(lines.map((line) => line.slice(44))).toEqual(events.map((event) => JSON.stringify(event)));
    expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it('by many at once is whole, and in the order of the appends', async () => {
    const batches = Array.from({ length: 50 }, (_, batch) => buildEvents((batch % 5) + 1));
    await Promise.all(batches.map((batch) => spill.append('memory', batch)));

    expect(await takeAll(spill)).toEqual(batches.flat());
  });

  it('is kept apart for each backend', async () => {
    const [first, second] = [buildEvents(1), buildEvents(1)];
    await Promise.all([spill.append('memory', first), spill.append('memory-two', second)]);

    expect([...(await spill.backlog())].sort()).toEqual(['memory', 'memory-two']);
    expect(await takeAll(spill, 'memory')).toEqual(first);
    expect(await spill.backlog()).toEqual(['memory-two']);
    expect(await takeAll(spill, 'memory-two')).toEqual(second);
  });

  it('begins another file when one is full, also within one append', async () => {
    const events = buildEvents(700, { text: 'x'.repeat(16_000) });
    await spill.append('memory', events.slice(0, 600));
    await spill.append('memory', events.slice(600));
    const sizes = await Promise.all((await files()).map(async (name) => (await stat(join(path, name))).size));

    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(await takeAll(spill)).toEqual(events);
    expect(await files()).toEqual([]);
  });
});

describe('a replay', () => {
  it('offers exactly what was kept, oldest first, at most 500 at once, and then removes it', async () => {
    const events = buildEvents(1_203);
    for (let from = 0; from < events.length; from += 100) await spill.append('memory', events.slice(from, from + 100));
    const offers: (readonly AuditEvent[])[] = [];
    const result = await spill.replay('memory', (part) => {
      offers.push(part);
      return Promise.resolve({ done: true, dead: [] });
    });

    expect(offers.map(({ length }) => length)).toEqual([500, 500, 203]);
    expect(offers.flat()).toEqual(events);
    expect(Object.isFrozen(offers[0]?.[0]?.details)).toBe(true);
    expect(result).toEqual({ replayed: 1_203, dead: 0, corrupt: 0, done: true, errors: [] });
    expect(await files()).toEqual([]);
  });

  it('offers at most a mebibyte at once, so that a small heap holds it', async () => {
    const events = buildEvents(200, { text: 'x'.repeat(16_000) });
    await spill.append('memory', events);
    const sizes: number[] = [];
    await spill.replay('memory', (part) => {
      sizes.push(Buffer.byteLength(JSON.stringify(part)));
      return Promise.resolve({ done: true, dead: [] });
    });

    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
  });

  it('that is told to stop keeps what was offered, and offers it again', async () => {
    const events = buildEvents(1_100);
    await spill.append('memory', events);
    let offers = 0;
    const stopped = await spill.replay('memory', () =>
      Promise.resolve(++offers < 2 ? { done: true, dead: [] } : { done: false }),
    );

    expect(stopped).toEqual({ replayed: 500, dead: 0, corrupt: 0, done: false, errors: [] });
    expect(offers).toBe(2);
    expect(await takeAll(spill)).toEqual(events);
    expect(await files()).toEqual([]);
  });
});

it.each([
  ['is removed', () => rm(path, { recursive: true })],
  ['is moved away', () => rename(path, `${path}-moved`)],
])('a folder that cannot be written since it %s while it is written starts again', async (_how, makeGone) => {
  const events = buildEvents(2);
  await spill.append('memory', events.slice(0, 1));
  await makeGone();
  await spill.append('memory', events.slice(1));

  expect(await takeAll(spill)).toEqual(events.slice(1));
});

it('a process that was paused while another replayed its events appends and replays later events', async () => {
  const [paused, other] = [spill, new SpillFolder(path, OPTIONS)];
  await paused.append('memory', buildEvents(5));
  await age(path);
  expect(await takeAll(other)).toHaveLength(5);
  await paused.append('memory', buildEvents(2));
  expect(await takeAll(other)).toEqual([]);
  expect(await takeAll(paused)).toHaveLength(2);
});

async function corruptBytes(): Promise<Buffer> {
  const names = (await files()).filter((name) => name.endsWith('.corrupt'));
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(path, name)))));
}

describe('what a crash left', () => {
  it('is offered as far as it is whole; a torn last line is set aside', async () => {
    const events = buildEvents(2);
    const torn = formatLines(buildEvents(1)).slice(0, 40);
    await leave(path, formatLines(events) + torn, { pid: await deadPid() });
    const { taken, offer } = taker();
    const result = await spill.replay('memory', offer);

    expect(result).toEqual({ replayed: 2, dead: 0, corrupt: 1, done: true, errors: [] });
    expect(taken).toEqual(events);
    expect((await corruptBytes()).toString()).toBe(`${torn}\n`);
    expect(await files()).toHaveLength(1);
  });

  it('is offered around what is not an event, which is set aside as the bytes that it is', async () => {
    const events = buildEvents(2);
    const [first = '', second = ''] = events.map((event) => formatLines([event]));
    const broken = Buffer.from(
      'not json\n{"id":"x"}\nnull\n[]\n7\n{"id":1,"schemaVersion":1,"type":"a"}\n\0\0\0\0\n\xff\xfe\x80\n{"\xff":1}\n',
      'latin1',
    );
    await leave(path, Buffer.concat([Buffer.from(first), broken, Buffer.from(second)]));

    expect(await takeAll(spill)).toEqual(events);
    expect(await corruptBytes()).toEqual(broken);
    expect(spill.status().corruptLines).toBe(9);
  });

  it('is offered around signed lines that are not events of a known version', async () => {
    const [event, strange, nameless] = buildEvents(3);
    const lines = [event, { ...strange, schemaVersion: 3 }, { ...nameless, type: undefined }];
    await leave(path, lines.map((each) => formatLines([each as AuditEvent])).join('')); // what a later version may have written

    expect(await takeAll(spill)).toEqual([event]);
    expect(spill.status().corruptLines).toBe(2);
  });

  it('is not set aside before it is replayed', async () => {
    const content = `${formatLines(buildEvents(1))}torn`;
    await leave(path, content);
    await spill.replay('memory', () => Promise.resolve({ done: false }));
    const [name = '', ...others] = await files();

    expect(others).toEqual([]);
    expect(await readFile(join(path, name), 'utf8')).toBe(content);
  });

  it('is not offered again once it is set aside, and counted by the next process', async () => {
    await leave(path, 'torn');
    await takeAll(spill);
    const next = new SpillFolder(path, OPTIONS);
    await next.prepare();

    expect(await next.backlog()).toEqual([]);
    expect(await takeAll(next)).toEqual([]);
    expect(next.status()).toMatchObject({ corruptLines: 1, bytes: 5 });
  });
});

function buildForeignLine(events: readonly AuditEvent[]): string {
  const lines = new SpillLines(new WriterKeys(['a key that is not the spill’s, of 32 or more']));
  return events.map((event) => encodeEvent(lines, 'memory', event)).join('');
}

describe('a line that is whole but changed', () => {
  it('within a text is noticed and set aside', async () => {
    const events = buildEvents(3);
    await spill.append('memory', events);
    await spill.close();
    const [name = ''] = await files();
    const content = await readFile(join(path, name), 'utf8');
    await writeFile(join(path, name), content.replace('"index":1', '"index":8'));

    expect(await takeAll(spill)).toEqual([events[0], events[2]]);
    expect((await corruptBytes()).toString()).toContain('"index":8');
  });

  it.each([
    ['without an HMAC', ([event]: readonly AuditEvent[]) => `${JSON.stringify(event)}\n`],
    ['signed with another key', (events: readonly AuditEvent[]) => buildForeignLine(events)],
    ['signed for another provider', (events: readonly AuditEvent[]) => formatLines(events, 'database')],
  ])('is set aside, and not offered, when it is %s', async (_what, buildLine) => {
    const [forged, own] = [buildEvents(1), buildEvents(1)];
    await leave(path, buildLine(forged) + formatLines(own));

    expect(await takeAll(spill)).toEqual(own);
    expect((await corruptBytes()).toString()).toBe(buildLine(forged));
  });

  it('is offered when it is signed with a former key', async () => {
    const events = buildEvents(1);
    await leave(path, formatLines(events));
    const next = new SpillFolder(path, {
      maxBytes: 1e9,
      keys: new WriterKeys(['the next key that has 32 characters or more', SPILL_KEY]),
    });

    expect(await takeAll(next)).toEqual(events);
  });
});

it('a link in the spill is set aside, and what it leads to is neither stored nor touched', async () => {
  await spill.prepare();
  const line = formatLines(buildEvents(1));
  await writeFile(join(parent, 'elsewhere'), line);
  await symlink(join(parent, 'elsewhere'), join(path, createSegmentName('memory')));
  const { taken, offer } = taker();

  expect(await spill.replay('memory', offer)).toMatchObject({ replayed: 0, corrupt: 1 });
  expect(taken).toEqual([]);
  expect(await readFile(join(parent, 'elsewhere'), 'utf8')).toBe(line);
});

describe('a folder with a bound', () => {
  beforeEach(() => {
    spill = new SpillFolder(path, { maxBytes: MAX_BYTES, keys: SPILL_KEYS });
  });

  async function bytesOnDisk(): Promise<number> {
    const sizes = (await filesIn(path)).map(async (name) => (await stat(join(path, name))).size);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  async function fill(): Promise<number> {
    for (let kept = 0; ; kept++) {
      try {
        await spill.append('memory', buildEvents(1));
      } catch (error) {
        expect(error).toMatchObject({ code: 'AUDIT_SPILL_FULL', message: expect.stringContaining(path) });
        return kept;
      }
    }
  }

  describe('the bound of a folder', () => {
    it('refuses what would exceed it, reports that, and keeps what is there', async () => {
      const kept = await fill();

      expect(kept).toBeGreaterThan(10);
      expect(spill.status()).toMatchObject({ full: true, maxBytes: MAX_BYTES, bytes: await bytesOnDisk() });
      expect(await bytesOnDisk()).toBeLessThanOrEqual(MAX_BYTES);
      expect(await takeAll(spill)).toHaveLength(kept);
    });

    it('holds for many at once', async () => {
      const results = await Promise.allSettled(buildEvents(100).map((event) => spill.append('memory', [event])));
      const kept = results.filter(({ status }) => status === 'fulfilled').length;

      expect(kept).toBeGreaterThan(10);
      expect(kept).toBeLessThan(100);
      expect(await bytesOnDisk()).toBeLessThanOrEqual(MAX_BYTES);
    });

    it('counts what earlier processes left: segments, dead letters and what was set aside', async () => {
      await leave(path, 'x'.repeat(MAX_BYTES - 100));
      await spill.replay('memory', taker().offer);
      const next = new SpillFolder(path, { maxBytes: MAX_BYTES, keys: SPILL_KEYS });
      await next.prepare();

      expect(next.status().bytes).toBe(await bytesOnDisk());
      await expect(next.append('memory', buildEvents(1))).rejects.toMatchObject({ code: 'AUDIT_SPILL_FULL' });
    });

    it('gives way when somebody else freed room', async () => {
      await fill();
      for (const name of await readdir(path)) await unlink(join(path, name));
      await spill.append('memory', buildEvents(1));

      expect(spill.status()).toMatchObject({ full: false, bytes: await bytesOnDisk() });
    });
  });

  describe('dead letters', () => {
    it('are buried before their file is removed, and kept with their error', async () => {
      const [good, bad] = [buildEvents(2), buildEvents(1)];
      await spill.append('memory', [...good, ...bad]);
      const result = await spill.replay('memory', (events) =>
        Promise.resolve({ done: true, dead: events.slice(2).map((event) => ({ event, error: 'no such month' })) }),
      );

      expect(result).toEqual({ replayed: 2, dead: 1, corrupt: 0, done: true, errors: [] });
      expect(await spill.backlog()).toEqual([]);
      expect(await spill.deadLetters()).toEqual([
        { backend: 'memory', at: expect.stringMatching(/Z$/), error: 'no such month', event: bad[0] },
      ]);
      expect(spill.status().deadLetters).toEqual({ memory: 1 });
    });

    it('are known to the next process, each once, by backend', async () => {
      const [first, second] = buildEvents(2);
      if (!first || !second) throw new Error('there are two');
      await spill.addDeadLetter('memory', [{ event: first, error: 'one' }]);
      await spill.addDeadLetter('memory', [{ event: first, error: 'two' }]);
      await spill.addDeadLetter('other', [
        { event: first, error: 'three' },
        { event: second, error: 'x'.repeat(1e6) },
      ]);
      const next = new SpillFolder(path, { maxBytes: MAX_BYTES, keys: SPILL_KEYS });
      await next.prepare();

      expect(next.status().deadLetters).toEqual({ memory: 1, other: 2 });
      const letters = await next.deadLetters();
      expect(letters.map(({ backend, event }) => [backend, event.id])).toEqual([
        ['memory', first.id],
        ['other', first.id],
        ['other', second.id],
      ]);
      expect(letters[0]?.error).toBe('two');
      expect(letters[2]?.error).toHaveLength(2_000);
    });

    it('count against the bound, and are never refused for it', async () => {
      await fill();
      const events = buildEvents(30);
      await spill.addDeadLetter(
        'memory',
        events.map((event) => ({ event, error: 'no' })),
      );
      await takeAll(spill);

      expect(getIds((await spill.deadLetters()).map(({ event }) => event))).toEqual(getIds(events));
      expect(spill.status()).toMatchObject({ full: true, bytes: await bytesOnDisk() });
      await expect(spill.append('memory', buildEvents(1))).rejects.toMatchObject({ code: 'AUDIT_SPILL_FULL' });
    });
  });
});

describe('the budget of a spill', () => {
  it('is met to the byte, and not passed by one', () => {
    const budget = new SpillBudget(100);
    expect([budget.hasCapacity(100), budget.hasCapacity(101)]).toEqual([true, false]);
    budget.reserve(60);
    expect([budget.hasCapacity(40), budget.hasCapacity(41), budget.full]).toEqual([true, false, false]);
    budget.reserve(40);
    expect(budget.full).toBe(true);
  });

  it('is full while what was refused would be refused again', () => {
    const budget = new SpillBudget(100);
    budget.reserve(60);
    budget.refuse(50);
    expect(budget.full).toBe(true);
    budget.settle(10, false);
    expect(budget.full).toBe(false);
  });

  it('gets back what was reserved and not written', () => {
    const budget = new SpillBudget(100);
    budget.reserve(60);
    budget.settle(60, false);
    expect(budget.bytes).toBe(0);
    budget.reserve(60);
    budget.settle(60, true);
    expect(budget.bytes).toBe(60);
  });

  it('counts, beside what is measured, what was on its way when the measuring began and what came since', () => {
    const budget = new SpillBudget(1_000);
    budget.reserve(10);
    budget.settle(10, true);
    budget.reserve(20);
    const end = budget.recount();
    budget.reserve(30);
    end(5);
    expect(budget.bytes).toBe(5 + 20 + 30);
  });
});
