import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  age,
  deadPid,
  eventsOf,
  idsOf,
  leave,
  linesOf,
  takeAll,
  taker,
  SPILL_KEYS,
} from '../../../../test/support/spilled.js';
import type { AuditEvent } from '../../event/audit-event.js';
import { SpillFolder } from './spill-folder.js';

const OPTIONS = { maxBytes: 1e9, keys: SPILL_KEYS };

let parent: string;
let path: string;
let spill: SpillFolder;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'spill-'));
  path = join(parent, 'audit', 'spill');
  spill = new SpillFolder(path, OPTIONS);
});

afterEach(async () => {
  await spill.close();
  await rm(parent, { recursive: true });
});

const files = async (): Promise<readonly string[]> => (await readdir(path)).sort();

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

  it('by fifty at once takes far fewer syncs than fifty', async () => {
    const syncs = await countSyncs(() => Promise.all(eventsOf(50).map((event) => spill.append('memory', [event]))));

    expect(syncs).toBeGreaterThan(0);
    expect(syncs).toBeLessThanOrEqual(2);
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

  it('survives any text that an event can hold', async () => {
    const odd = eventsOf(1, { text: 'a\nb\r\n\u2028\u2029😀"\\', __proto__: 1 });
    await spill.append('memory', odd);

    expect(await takeAll(spill)).toEqual(odd);
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

  it('whose offer rejects keeps everything, and says why', async () => {
    const events = eventsOf(3);
    await spill.append('memory', events);

    expect(await spill.replay('memory', () => Promise.reject(new Error('no')))).toMatchObject({
      done: false,
      errors: ['no'],
    });
    expect(await takeAll(spill)).toEqual(events);
  });

  it('of a backend for which nothing is kept is done, whether the folder is there or not', async () => {
    expect(await spill.backlog()).toEqual([]);
    expect(await takeAll(spill, 'nothing')).toEqual([]);
    await spill.prepare();
    expect(await takeAll(spill, 'nothing')).toEqual([]);
  });

  it('while events are appended loses none of them', async () => {
    const events = eventsOf(300);
    const { taken, offer } = taker();
    for (const each of events) await Promise.all([spill.replay('memory', offer), spill.append('memory', [each])]);
    await spill.replay('memory', offer);

    expect(idsOf(taken)).toEqual(idsOf(events));
  });
});

describe('processes that share a folder', () => {
  it('take what a dead one left, oldest first', async () => {
    const events = eventsOf(3);
    for (const each of events) await leave(path, linesOf([each]), { pid: await deadPid() });

    expect(await spill.backlog()).toEqual(['memory']);
    expect(await takeAll(spill)).toEqual(events);
    expect(await files()).toEqual([]);
  });

  it('take what an earlier one left that had the same number', async () => {
    const events = eventsOf(1);
    await leave(path, linesOf(events), { pid: process.pid });

    expect(await takeAll(spill)).toEqual(events);
  });

  it('leave what a living one is writing, until it has not been touched for long', async () => {
    const living = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    try {
      const name = await leave(path, linesOf(eventsOf(2)), { pid: living.pid ?? 0 });
      expect(await spill.backlog()).toEqual([]);
      expect(await takeAll(spill)).toEqual([]);
      expect(await files()).toEqual([name]);

      await age(path);
      expect(await takeAll(spill)).toHaveLength(2);
    } finally {
      living.kill();
      await once(living, 'exit');
    }
  });

  it('leave what a process of another computer is writing, until it has not been touched for long', async () => {
    await leave(path, linesOf(eventsOf(2)), { host: 'another', pid: process.pid });
    expect(await takeAll(spill)).toEqual([]);

    await age(path);
    expect(await takeAll(spill)).toHaveLength(2);
  });

  it('and two applications of one process leave each other what they are writing', async () => {
    const events = eventsOf(4);
    const second = new SpillFolder(path, OPTIONS);
    await spill.append('memory', events.slice(0, 2));
    expect(await second.backlog()).toEqual([]);
    expect(await takeAll(second)).toEqual([]);
    await spill.append('memory', events.slice(2));

    expect(await takeAll(spill)).toEqual(events);
  });

  it('lose nothing when a file is taken from under its writer', async () => {
    const events = eventsOf(3);
    const second = new SpillFolder(path, OPTIONS);
    await spill.append('memory', events.slice(0, 1));
    await age(path);
    const taken = [...(await takeAll(second))];
    await spill.append('memory', events.slice(1, 2)); // into the file that is gone, and so into another
    await age(path);
    taken.push(...(await takeAll(second)));
    await spill.append('memory', events.slice(2));
    taken.push(...(await takeAll(spill)));

    expect(idsOf(taken)).toEqual(idsOf(events));
  });

  it('offer twice, and lose nothing, when one takes over what another still replays', async () => {
    const events = eventsOf(700);
    await spill.append('memory', events);
    const second = new SpillFolder(path, OPTIONS);
    const [first, other] = [taker(), taker()];
    const result = await spill.replay('memory', async (part) => {
      if (other.taken.length === 0) {
        await age(path);
        await second.replay('memory', other.offer);
      }
      return first.offer(part);
    });

    expect(result).toMatchObject({ replayed: 700, done: true });
    expect([idsOf(first.taken), idsOf(other.taken)]).toEqual([idsOf(events), idsOf(events)]);
    expect(await files()).toEqual([]);
  });
});

describe('a folder that cannot be written', () => {
  it('rejects the append, and takes the next one when it can be written again', async () => {
    await writeFile(join(parent, 'audit'), 'a file where the folder should be');
    const events = eventsOf(2);
    const refused = { code: expect.stringMatching(/^E/) };

    await expect(spill.append('memory', events.slice(0, 1))).rejects.toMatchObject(refused);
    await expect(spill.prepare()).rejects.toMatchObject(refused);
    await unlink(join(parent, 'audit'));
    await spill.append('memory', events.slice(1));
    expect(await takeAll(spill)).toEqual(events.slice(1));
  });

  it.each([
    ['is removed', () => rm(path, { recursive: true })],
    ['is moved away', () => rename(path, `${path}-moved`)],
  ])('since it %s while it is written starts again', async (_how, makeGone) => {
    const events = eventsOf(2);
    await spill.append('memory', events.slice(0, 1));
    await makeGone();
    await spill.append('memory', events.slice(1));

    expect(await takeAll(spill)).toEqual(events.slice(1));
  });
});

/** How often files are synced meanwhile. */
async function countSyncs(work: () => Promise<unknown>): Promise<number> {
  const { open } = await import('node:fs/promises');
  const any = await open(process.execPath);
  // Every file handle has this prototype.
  const prototype = Object.getPrototypeOf(any) as { datasync: () => Promise<void> };
  await any.close();
  const { datasync } = prototype;
  let syncs = 0;
  prototype.datasync = function (this: unknown) {
    syncs++;
    return datasync.call(this);
  };
  await work().finally(() => (prototype.datasync = datasync));
  return syncs;
}
