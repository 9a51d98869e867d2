import { mkdir, mkdtemp, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { eventually } from '../../../test/support/eventually.js';
import { leave, THIS_HOST } from '../../../test/support/spilled.js';
import { AuditContext } from '../context/audit-context.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { BatchAnswer } from './offer-batch.js';
import { SpillFolder } from './spill-folder.js';
import { SpillOverflow, type Reoffer } from './spill-overflow.js';

const STORED: BatchAnswer = { status: 'stored' };
const REJECTED: BatchAnswer = { status: 'rejected', error: 'no' };
const REPLAYED_WITHIN_MS = 15_000;

let parent: string;
let path: string;
let logged: { readonly level: string; readonly text: string }[];
const opened: SpillOverflow[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'spill-'));
  path = join(parent, 'spill');
  logged = [];
  for (const level of ['log', 'warn', 'error'] as const) {
    jest.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => {
      logged.push({ level, text: String(text) });
    });
  }
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((overflow) => overflow.close()));
  jest.restoreAllMocks();
  await rm(parent, { recursive: true });
});

function open(
  reoffer: Reoffer = () => Promise.resolve(STORED),
  folder: SpillFolder | null = new SpillFolder(path, { maxBytes: 1e9 }),
) {
  const overflow = new SpillOverflow(folder ?? undefined, reoffer);
  opened.push(overflow);
  return overflow;
}

function event(): AuditEvent {
  return { id: uuidv7(), schemaVersion: 1, type: 'order_created' } as AuditEvent; // all that is read of it here
}

const errors = (): readonly string[] => logged.filter(({ level }) => level === 'error').map(({ text }) => text);

describe('what a provider could not take', () => {
  it('is kept on disk, counted and logged', async () => {
    const overflow = open();
    const kept = event();

    expect(await overflow.keep('memory', [kept], 'the disk is full')).toEqual({
      status: 'spilled',
      error: 'the disk is full',
    });
    expect(await readdir(path)).toHaveLength(1);
    expect(overflow.counts()).toEqual({ memory: { spilled: 1, replayed: 0, failed: 0 } });
    expect(logged).toEqual([{ level: 'warn', text: expect.stringContaining(kept.id) }]);
    expect(logged[0]?.text).toMatch(/memory.*the disk is full.*Kept in the spill/);
  });

  it('is logged once, not for each of ten thousand events of an outage', async () => {
    const overflow = open();
    for (let round = 0; round < 5; round++) await overflow.keep('memory', [event(), event()], 'no');

    expect(logged).toHaveLength(1);
    expect(overflow.counts().memory?.spilled).toBe(10);
  });

  it('is counted and logged for each backend', async () => {
    const overflow = open();
    await overflow.keep('memory', [event()], 'no');
    await overflow.keep('order-timeline', [event()], 'no');

    expect(Object.keys(overflow.counts())).toEqual(['memory', 'order-timeline']);
    expect(logged).toHaveLength(2);
  });

  it('is lost without a folder, and the log says so, each time', async () => {
    const overflow = open(undefined, null);
    const [first, second] = [event(), event()];

    expect(await overflow.keep('memory', [first], 'no')).toEqual({ status: 'failed', error: 'no' });
    expect(await overflow.keep('memory', [second, event()], 'no')).toEqual({ status: 'failed', error: 'no' });
    expect(overflow.counts()).toEqual({ memory: { spilled: 0, replayed: 0, failed: 3 } });
    expect(errors()).toEqual([expect.stringContaining(first.id), expect.stringContaining(second.id)]);
    expect(errors()[0]).toMatch(/no spill folder is configured.*These events are lost/);
  });

  it('is lost in a folder that cannot be written, and the log says why', async () => {
    const overflow = open();
    await writeFile(path, 'a file where the folder should be');

    expect(await overflow.keep('memory', [event()], 'no')).toEqual({ status: 'failed', error: 'no' });
    expect(overflow.counts()).toEqual({ memory: { spilled: 0, replayed: 0, failed: 1 } });
    expect(errors()).toEqual([expect.stringMatching(/nor in the spill: .*E[A-Z]+: /)]);

    await unlink(path);
    expect(await overflow.keep('memory', [event()], 'no')).toMatchObject({ status: 'spilled' });
  });
});

describe('what was kept', () => {
  it('is offered again until the provider takes it, outside of any request, and is then gone', async () => {
    const offers: { readonly backend: string; readonly ids: readonly string[]; readonly scope: unknown }[] = [];
    const overflow = open((backend, events) => {
      offers.push({ backend, ids: events.map(({ id }) => id), scope: AuditContext.current() });
      return Promise.resolve(offers.length < 2 ? REJECTED : STORED);
    });
    const events = [event(), event()];
    await AuditContext.run({ requestId: 'req-1' }, () => overflow.keep('memory', events, 'no'));
    await eventually(() => overflow.counts().memory?.replayed === 2, REPLAYED_WITHIN_MS);

    expect(offers.map(({ backend, ids }) => [backend, ids])).toEqual([
      ['memory', events.map(({ id }) => id)],
      ['memory', events.map(({ id }) => id)],
    ]);
    expect(await readdir(path)).toEqual([]);
    expect(logged.at(-1)).toEqual({ level: 'log', text: expect.stringContaining('Replayed 2 event(s)') });
    expect(offers.map(({ scope }) => scope)).toEqual([undefined, undefined]);
  }, 30_000);

  it('by an earlier process is offered at the start, if its provider is there', async () => {
    const left = [event(), event()];
    const earlier = new SpillFolder(path, { maxBytes: 1e9 });
    await earlier.append('memory', left.slice(0, 1));
    await earlier.append('removed', left.slice(1));
    await earlier.close();
    const offered: string[] = [];
    const overflow = open((backend) => {
      offered.push(backend);
      return Promise.resolve(STORED);
    });
    await overflow.start(['memory']);
    await eventually(() => overflow.counts().memory?.replayed === 1);

    expect(offered).toEqual(['memory']);
    expect((await readdir(path)).every((name) => name.startsWith('removed.'))).toBe(true);
  });

  it('is no reason to wait at the start', async () => {
    const earlier = new SpillFolder(path, { maxBytes: 1e9 });
    await earlier.append('memory', [event()]);
    await earlier.close();
    let asked = false;
    const overflow = open(async () => {
      asked = true;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return STORED;
    });
    await overflow.start(['memory']);

    expect(overflow.counts().memory?.replayed ?? 0).toBe(0);
    await eventually(() => asked);
  });

  it('with lines that cannot be read is replayed, and the log says where they are', async () => {
    const earlier = new SpillFolder(path, { maxBytes: 1e9 });
    await earlier.append('memory', [event()]);
    await earlier.close();
    const [name = ''] = await readdir(path);
    await writeFile(join(path, name), `${JSON.stringify(event())}\ntorn`);
    const overflow = open();
    await overflow.start(['memory']);
    await eventually(() => overflow.counts().memory?.replayed === 1);
    await eventually(() => errors().length > 0);

    expect(errors()).toEqual([expect.stringMatching(/Cannot read 1 line\(s\).*\.corrupt/)]);
  });

  it('that cannot be set right now is tried again, as the log says', async () => {
    const name = await leave(path, `${JSON.stringify(event())}\ntorn`);
    const inTheWay = join(path, `${name.split('.')[3] ?? ''}.corrupt`);
    await mkdir(inTheWay);
    const overflow = open();
    await overflow.start(['memory', 'other']);
    await eventually(() => errors().length > 0);
    await rm(inTheWay, { recursive: true });

    expect(errors()).toEqual([expect.stringContaining('it is tried again')]);
    await eventually(() => overflow.counts().memory?.replayed === 1, REPLAYED_WITHIN_MS);
  }, 30_000);

  it('for one backend and cannot be read does not keep back what is kept for another', async () => {
    await mkdir(join(path, `broken.${THIS_HOST}.${process.pid}.${uuidv7()}.jsonl`), { recursive: true });
    const earlier = new SpillFolder(path, { maxBytes: 1e9 });
    await earlier.append('memory', [event()]);
    await earlier.close();
    const overflow = open();
    await overflow.start(['broken', 'memory']);

    await eventually(() => overflow.counts().memory?.replayed === 1, REPLAYED_WITHIN_MS);
  }, 30_000);

  it('is not offered after the close, which waits for the offer under way', async () => {
    const earlier = new SpillFolder(path, { maxBytes: 1e9 });
    await earlier.append('memory', [event()]);
    await earlier.close();
    let answer: (given: BatchAnswer) => void = () => undefined;
    let offers = 0;
    const overflow = open(() => {
      offers++;
      return new Promise((resolve) => (answer = resolve));
    });
    await overflow.start(['memory']);
    await eventually(() => offers === 1);
    const closed = overflow.close();
    answer(STORED);
    await closed;

    expect(overflow.counts().memory?.replayed).toBe(1);
    expect(await readdir(path)).toEqual([]);
  });
});

it('an overflow without a folder starts and closes', async () => {
  const overflow = open(undefined, null);
  await overflow.start(['memory']);
  await overflow.close();

  expect(overflow.counts()).toEqual({});
});
