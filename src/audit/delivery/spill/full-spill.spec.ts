import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventsOf, filesIn, idsOf, leave, takeAll, taker, SPILL_KEYS } from '../../../../test/support/spilled.js';
import { SpillFolder } from './spill-folder.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';

const MAX_BYTES = 20_000;

let path: string;
let spill: SpillFolder;

beforeEach(async () => {
  path = await tempFolder('spill-');
  spill = new SpillFolder(path, { maxBytes: MAX_BYTES, keys: SPILL_KEYS });
});

afterEach(() => spill.close());

async function bytesOnDisk(): Promise<number> {
  const sizes = (await filesIn(path)).map(async (name) => (await stat(join(path, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function fill(): Promise<number> {
  for (let kept = 0; ; kept++) {
    try {
      await spill.append('memory', eventsOf(1));
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
    const results = await Promise.allSettled(eventsOf(100).map((event) => spill.append('memory', [event])));
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
    await expect(next.append('memory', eventsOf(1))).rejects.toMatchObject({ code: 'AUDIT_SPILL_FULL' });
  });

  it('gives way when somebody else freed room', async () => {
    await fill();
    for (const name of await readdir(path)) await unlink(join(path, name));
    await spill.append('memory', eventsOf(1));

    expect(spill.status()).toMatchObject({ full: false, bytes: await bytesOnDisk() });
  });
});

describe('dead letters', () => {
  it('are buried before their file is removed, and kept with their error', async () => {
    const [good, bad] = [eventsOf(2), eventsOf(1)];
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
    const [first, second] = eventsOf(2);
    if (!first || !second) throw new Error('there are two');
    await spill.bury('memory', [{ event: first, error: 'one' }]);
    await spill.bury('memory', [{ event: first, error: 'two' }]);
    await spill.bury('other', [
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
    const events = eventsOf(30);
    await spill.bury(
      'memory',
      events.map((event) => ({ event, error: 'no' })),
    );
    await takeAll(spill);

    expect(idsOf((await spill.deadLetters()).map(({ event }) => event))).toEqual(idsOf(events));
    expect(spill.status()).toMatchObject({ full: true, bytes: await bytesOnDisk() });
    await expect(spill.append('memory', eventsOf(1))).rejects.toMatchObject({ code: 'AUDIT_SPILL_FULL' });
  });
});
