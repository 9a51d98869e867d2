import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { buildEvent } from '../event/build-event.js';
import type { AuditEvent } from '../event/audit-event.js';
import { SpillFolder } from './spill-folder.js';

let parent: string;
let path: string;
let spill: SpillFolder;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'spill-'));
  path = join(parent, 'audit', 'spill');
  spill = new SpillFolder(path);
});

afterEach(async () => {
  await spill.close();
  await rm(parent, { recursive: true });
});

function event(details: object = {}): AuditEvent {
  return buildEvent({
    id: uuidv7(),
    occurredAt: new Date(),
    resolved: { type: 'order_created', action: 'order_creation', outcome: 'success', category: 'order' },
    input: { details: { ...details } },
    request: undefined,
    isSecretName: () => false,
  });
}

const eventsOf = (count: number): readonly AuditEvent[] =>
  Array.from({ length: count }, (_, index) => event({ index }));
const linesOf = (events: readonly AuditEvent[]): string => events.map((each) => `${JSON.stringify(each)}\n`).join('');
const files = async (): Promise<readonly string[]> => (await readdir(path)).sort();

/** Replays everything and returns what was offered. */
async function replayAll(from = spill, backend = 'memory'): Promise<readonly AuditEvent[]> {
  const offered: AuditEvent[] = [];
  const { done } = await from.replay(backend, (events) => {
    offered.push(...events);
    return Promise.resolve(true);
  });
  expect(done).toBe(true);
  return offered;
}

/** The number of a process that is no more. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

/** A folder that is there already, so that an append opens its file at the moment at which a replay looks for files. */
class PreparedFolder extends SpillFolder {
  override prepare(): Promise<void> {
    return Promise.resolve();
  }
}

/** Writes a segment as another process would have. */
async function leave(pid: number, content: string, backend = 'memory'): Promise<string> {
  await mkdir(path, { recursive: true });
  const name = `${backend}.${pid}.${uuidv7()}.jsonl`;
  await writeFile(join(path, name), content);
  return name;
}

describe('what is appended', () => {
  it('is on disk when the append resolves, one event a line, readable by the owner only', async () => {
    const events = eventsOf(3);
    await spill.append('memory', events.slice(0, 2));
    await spill.append('memory', events.slice(2));
    const [name = ''] = await files();

    expect(await files()).toHaveLength(1);
    expect(name).toMatch(new RegExp(`^memory\\.${process.pid}\\.[0-9a-f-]{36}\\.jsonl$`));
    expect(await readFile(join(path, name), 'utf8')).toBe(linesOf(events));
    expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it('by many at once is whole, and in the order of the appends', async () => {
    const batches = Array.from({ length: 50 }, (_, batch) => eventsOf((batch % 5) + 1));
    await Promise.all(batches.map((batch) => spill.append('memory', batch)));

    expect(await replayAll()).toEqual(batches.flat());
  });

  it('is kept apart for each backend', async () => {
    const [first, second] = [event(), event()];
    await spill.append('memory', [first]);
    await spill.append('order-timeline', [second]);

    expect([...(await spill.backlog())].sort()).toEqual([]);
    await spill.close();
    expect([...(await spill.backlog())].sort()).toEqual(['memory', 'order-timeline']);
    expect(await replayAll(spill, 'memory')).toEqual([first]);
    expect(await replayAll(spill, 'order-timeline')).toEqual([second]);
  });

  it('begins another file when one is full', async () => {
    const large = Array.from({ length: 100 }, () => event({ text: 'x'.repeat(16_000) }));
    for (let round = 0; round < 4; round++) await spill.append('memory', large);

    expect((await files()).length).toBeGreaterThan(1);
    expect(await replayAll()).toHaveLength(400);
    expect(await files()).toEqual([]);
  });

  it('survives any text that an event can hold', async () => {
    const odd = event({ text: 'a\nb\r\n\u2028\u2029😀"\\', __proto__: 1 });
    await spill.append('memory', [odd]);

    expect(await replayAll()).toEqual([odd]);
  });
});

describe('a replay', () => {
  it('offers exactly what was kept, oldest first, at most 500 at once, and then removes it', async () => {
    const events = eventsOf(1_203);
    for (let from = 0; from < events.length; from += 100) await spill.append('memory', events.slice(from, from + 100));
    const offers: (readonly AuditEvent[])[] = [];
    const result = await spill.replay('memory', (part) => {
      offers.push(part);
      return Promise.resolve(true);
    });

    expect(result).toEqual({ replayed: 1_203, corrupt: 0, done: true });
    expect(offers.map(({ length }) => length)).toEqual([500, 500, 203]);
    expect(offers.flat()).toEqual(events);
    expect(await files()).toEqual([]);
    expect(await replayAll()).toEqual([]);
  });

  it('offers events as frozen as they were', async () => {
    await spill.append('memory', [event({ list: [{}] })]);
    const [replayed] = await replayAll();

    expect(Object.isFrozen(replayed)).toBe(true);
    expect(Object.isFrozen(replayed?.details)).toBe(true);
  });

  it('stops at the first no, and resumes with nothing lost and nothing twice but what was not agreed to', async () => {
    const events = eventsOf(1_100);
    await spill.append('memory', events.slice(0, 1_000));
    await spill.close();
    await spill.append('memory', events.slice(1_000));
    let offers = 0;
    const first = await spill.replay('memory', () => Promise.resolve(++offers < 2));

    expect(first).toEqual({ replayed: 500, corrupt: 0, done: false });
    expect(offers).toBe(2);
    const offered = await replayAll();
    expect([...new Map(offered.map((each) => [each.id, each])).values()]).toEqual(events);
    expect(offered.length).toBeLessThanOrEqual(1_100);
    expect(await files()).toEqual([]);
  });

  it('keeps everything when the offer throws', async () => {
    const events = eventsOf(3);
    await spill.append('memory', events);

    await expect(spill.replay('memory', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await replayAll()).toEqual(events);
  });

  it('of a backend for which nothing is kept is done', async () => {
    expect(await replayAll(spill, 'nothing')).toEqual([]);
    await spill.prepare();
    expect(await replayAll(spill, 'nothing')).toEqual([]);
  });

  it('takes the backend by its whole name', async () => {
    await spill.append('memory', [event()]);
    await spill.append('memory-two', [event()]);

    expect(await replayAll(spill, 'memory')).toHaveLength(1);
    expect((await files()).every((name) => name.startsWith('memory-two.'))).toBe(true);
  });

  it('while events are appended loses none of them', async () => {
    const events = eventsOf(300);
    const offered = new Set<string>();
    const collect = (part: readonly AuditEvent[]): Promise<boolean> => {
      for (const { id } of part) offered.add(id);
      return Promise.resolve(true);
    };
    await spill.prepare();
    const prepared = new PreparedFolder(path);
    for (const each of events)
      await Promise.all([prepared.replay('memory', collect), prepared.append('memory', [each])]);
    await prepared.close();
    await spill.replay('memory', collect);

    expect(events.filter(({ id }) => !offered.has(id)).length).toBe(0);
  });
});

describe('what a crash left', () => {
  it('is offered as far as it is whole; a torn last line is set aside', async () => {
    const events = eventsOf(2);
    const torn = JSON.stringify(event()).slice(0, 40);
    const name = await leave(await deadPid(), linesOf(events) + torn);
    const offered: AuditEvent[] = [];
    const result = await spill.replay('memory', (part) => {
      offered.push(...part);
      return Promise.resolve(true);
    });

    expect(result).toEqual({ replayed: 2, corrupt: 1, done: true });
    expect(offered).toEqual(events);
    expect(await files()).toEqual([`${name}.corrupt`]);
    expect(await readFile(join(path, `${name}.corrupt`), 'utf8')).toBe(`${torn}\n`);
  });

  it('is offered around lines that are no events', async () => {
    const events = eventsOf(2);
    const broken = ['not json', '{"id":"x"}', 'null', '[]', '7', '\0\0\0\0'];
    const content = [JSON.stringify(events[0]), ...broken, JSON.stringify(events[1])].join('\n') + '\n';
    const name = await leave(await deadPid(), content);

    expect(await replayAll()).toEqual(events);
    expect(await readFile(join(path, `${name}.corrupt`), 'utf8')).toBe(broken.join('\n') + '\n');
  });

  it('is not set aside before it is replayed', async () => {
    const content = linesOf(eventsOf(1)) + 'torn';
    const name = await leave(await deadPid(), content);
    await spill.replay('memory', () => Promise.resolve(false));

    expect(await files()).toEqual([name]);
    expect(await readFile(join(path, name), 'utf8')).toBe(content);
  });

  it('an empty file is removed', async () => {
    await leave(await deadPid(), '');

    expect(await replayAll()).toEqual([]);
    expect(await files()).toEqual([]);
  });

  it('and what is set aside is not offered again', async () => {
    await leave(await deadPid(), 'torn');
    await replayAll();

    expect(await spill.backlog()).toEqual([]);
    expect(await replayAll()).toEqual([]);
    expect(await files()).toHaveLength(1);
  });

  it('files that are none of the spill are left alone', async () => {
    await mkdir(path, { recursive: true });
    for (const name of ['README', 'memory.jsonl', '.hidden', 'memory.x.y.jsonl'])
      await appendFile(join(path, name), 'x');

    expect(await spill.backlog()).toEqual([]);
    await replayAll();
    expect(await files()).toHaveLength(4);
  });
});

describe('processes that share a folder', () => {
  it('take what a dead one left, oldest first', async () => {
    const events = eventsOf(3);
    for (const each of events) await leave(await deadPid(), linesOf([each]));

    expect(await spill.backlog()).toEqual(['memory']);
    expect(await replayAll()).toEqual(events);
    expect(await files()).toEqual([]);
  });

  it('leave what a living one is writing', async () => {
    const living = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    try {
      const name = await leave(living.pid ?? 0, linesOf(eventsOf(2)));

      expect(await spill.backlog()).toEqual([]);
      expect(await replayAll()).toEqual([]);
      expect(await files()).toEqual([name]);
    } finally {
      living.kill();
      await once(living, 'exit');
    }
    expect(await replayAll()).toHaveLength(2);
  });

  it('and two applications of one process leave each other what they are writing', async () => {
    const events = eventsOf(4);
    await spill.append('memory', events.slice(0, 2));
    const second = new SpillFolder(path);
    const taken = await replayAll(second);
    await spill.append('memory', events.slice(2));
    await second.close();

    expect([...taken, ...(await replayAll())].map(({ id }) => id).sort()).toEqual(events.map(({ id }) => id).sort());
  });
});

describe('a folder that cannot be written', () => {
  it('rejects the append, and takes the next one when it can be written again', async () => {
    await writeFile(join(parent, 'audit'), 'a file where the folder should be');
    const events = eventsOf(2);

    await expect(spill.append('memory', events.slice(0, 1))).rejects.toMatchObject({
      code: expect.stringMatching(/^E/),
    });
    await expect(spill.prepare()).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
    await unlink(join(parent, 'audit'));
    await spill.append('memory', events.slice(1));
    expect(await replayAll()).toEqual(events.slice(1));
  });

  it('that is removed while it is written begins anew', async () => {
    const events = eventsOf(2);
    await spill.append('memory', events.slice(0, 1));
    await spill.close();
    await rm(path, { recursive: true });
    await spill.append('memory', events.slice(1));

    expect(await replayAll()).toEqual(events.slice(1));
  });
});

it('a folder that does not exist holds nothing', async () => {
  expect(await spill.backlog()).toEqual([]);
  expect(await replayAll()).toEqual([]);
});
