import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { age, eventsOf, filesIn, takeAll, SPILL_KEYS } from '../../../../test/support/spilled.js';
import type { AuditEvent } from '../../event/audit-event.js';
import { SpillFolder } from './spill-folder.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';

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
    const events = eventsOf(3);
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
    const batches = Array.from({ length: 50 }, (_, batch) => eventsOf((batch % 5) + 1));
    await Promise.all(batches.map((batch) => spill.append('memory', batch)));

    expect(await takeAll(spill)).toEqual(batches.flat());
  });

  it('is kept apart for each backend', async () => {
    const [first, second] = [eventsOf(1), eventsOf(1)];
    await Promise.all([spill.append('memory', first), spill.append('memory-two', second)]);

    expect([...(await spill.backlog())].sort()).toEqual(['memory', 'memory-two']);
    expect(await takeAll(spill, 'memory')).toEqual(first);
    expect(await spill.backlog()).toEqual(['memory-two']);
    expect(await takeAll(spill, 'memory-two')).toEqual(second);
  });

  it('begins another file when one is full, also within one append', async () => {
    const events = eventsOf(700, { text: 'x'.repeat(16_000) });
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
    const events = eventsOf(1_203);
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
    const events = eventsOf(200, { text: 'x'.repeat(16_000) });
    await spill.append('memory', events);
    const sizes: number[] = [];
    await spill.replay('memory', (part) => {
      sizes.push(Buffer.byteLength(JSON.stringify(part)));
      return Promise.resolve({ done: true, dead: [] });
    });

    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
  });

  it('that is told to stop keeps what was offered, and offers it again', async () => {
    const events = eventsOf(1_100);
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
  const events = eventsOf(2);
  await spill.append('memory', events.slice(0, 1));
  await makeGone();
  await spill.append('memory', events.slice(1));

  expect(await takeAll(spill)).toEqual(events.slice(1));
});

it('a process that was paused while another replayed its events appends and replays later events', async () => {
  const [paused, other] = [spill, new SpillFolder(path, OPTIONS)];
  await paused.append('memory', eventsOf(5));
  await age(path);
  expect(await takeAll(other)).toHaveLength(5);
  await paused.append('memory', eventsOf(2));
  expect(await takeAll(other)).toEqual([]);
  expect(await takeAll(paused)).toHaveLength(2);
});
