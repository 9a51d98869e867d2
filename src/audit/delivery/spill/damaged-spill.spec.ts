import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  deadPid,
  eventsOf,
  filesIn,
  leave,
  linesOf,
  takeAll,
  taker,
  SPILL_KEY,
  SPILL_KEYS,
} from '../../../../test/support/spilled.js';
import type { AuditEvent } from '../../event/audit-event.js';
import { SpillFolder } from './spill-folder.js';
import { encodeEvent, SpillLines } from './spill-line.js';
import { WriterKeys } from '../../writer-keys.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';

let path: string;
let spill: SpillFolder;

beforeEach(async () => {
  path = await tempFolder('spill-');
  spill = new SpillFolder(path, { maxBytes: 1e9, keys: SPILL_KEYS });
});

afterEach(() => spill.close());

const files = (): Promise<readonly string[]> => filesIn(path);

async function corruptBytes(): Promise<Buffer> {
  const names = (await files()).filter((name) => name.endsWith('.corrupt'));
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(path, name)))));
}

describe('what a crash left', () => {
  it('is offered as far as it is whole; a torn last line is set aside', async () => {
    const events = eventsOf(2);
    const torn = linesOf(eventsOf(1)).slice(0, 40);
    await leave(path, linesOf(events) + torn, { pid: await deadPid() });
    const { taken, offer } = taker();
    const result = await spill.replay('memory', offer);

    expect(result).toEqual({ replayed: 2, dead: 0, corrupt: 1, done: true, errors: [] });
    expect(taken).toEqual(events);
    expect((await corruptBytes()).toString()).toBe(`${torn}\n`);
    expect(await files()).toHaveLength(1);
  });

  it('is offered around what is not an event, which is set aside as the bytes that it is', async () => {
    const events = eventsOf(2);
    const [first = '', second = ''] = events.map((event) => linesOf([event]));
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
    const [event, strange, nameless] = eventsOf(3);
    const lines = [event, { ...strange, schemaVersion: 3 }, { ...nameless, type: undefined }];
    await leave(path, lines.map((each) => linesOf([each as AuditEvent])).join('')); // what a later version may have written

    expect(await takeAll(spill)).toEqual([event]);
    expect(spill.status().corruptLines).toBe(2);
  });

  it('is not set aside before it is replayed', async () => {
    const content = `${linesOf(eventsOf(1))}torn`;
    await leave(path, content);
    await spill.replay('memory', () => Promise.resolve({ done: false }));
    const [name = '', ...others] = await files();

    expect(others).toEqual([]);
    expect(await readFile(join(path, name), 'utf8')).toBe(content);
  });

  it('is not offered again once it is set aside, and counted by the next process', async () => {
    await leave(path, 'torn');
    await takeAll(spill);
    const next = new SpillFolder(path, { maxBytes: 1e9, keys: SPILL_KEYS });
    await next.prepare();

    expect(await next.backlog()).toEqual([]);
    expect(await takeAll(next)).toEqual([]);
    expect(next.status()).toMatchObject({ corruptLines: 1, bytes: 5 });
  });
});

function foreignLineOf(events: readonly AuditEvent[]): string {
  const lines = new SpillLines(new WriterKeys(['a key that is not the spill’s, of 32 or more']));
  return events.map((event) => encodeEvent(lines, 'memory', event)).join('');
}

describe('a line that is whole but changed', () => {
  it('within a text is noticed and set aside', async () => {
    const events = eventsOf(3);
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
    ['signed with another key', (events: readonly AuditEvent[]) => foreignLineOf(events)],
    ['signed for another provider', (events: readonly AuditEvent[]) => linesOf(events, 'database')],
  ])('is set aside, and not offered, when it is %s', async (_what, lineOf) => {
    const [forged, own] = [eventsOf(1), eventsOf(1)];
    await leave(path, lineOf(forged) + linesOf(own));

    expect(await takeAll(spill)).toEqual(own);
    expect((await corruptBytes()).toString()).toBe(lineOf(forged));
  });

  it('is offered when it is signed with a former key', async () => {
    const events = eventsOf(1);
    await leave(path, linesOf(events));
    const next = new SpillFolder(path, {
      maxBytes: 1e9,
      keys: new WriterKeys(['the next key that has 32 characters or more', SPILL_KEY]),
    });

    expect(await takeAll(next)).toEqual(events);
  });
});
