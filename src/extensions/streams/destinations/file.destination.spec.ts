import { beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SAMPLE_SELECTION } from '../../../../test/support/stream-batches.js';
import type { StreamBatch, StreamedEvent } from '../stream-destination.js';
import { file as type } from './file.destination.js';
import { tempFolder } from '../../../../test/support/temp-folder.js';

const never = new AbortController().signal;
const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await tempFolder('audit-stream-file-');
  path = join(folder, 'made', 'events.jsonl');
});

function batch(number: number, text = 'text'): StreamBatch {
  const event = {
    index: number,
    id: `e-${number}`,
    event: { z: text, a: number } as unknown as StreamedEvent['event'],
    leafHash: 'AA==',
  };
  return {
    id: `b-${number}`,
    stream: 'file',
    first: number,
    last: number,
    previousHash: '',
    selection: SAMPLE_SELECTION,
    events: [event],
    gaps: [],
  };
}

function readLines(text: string): readonly unknown[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('a file', () => {
  it('continues after the last whole line when a crash cut off a line', async () => {
    const file = type.kind.open({ path }, SOURCE);
    await file.send(batch(0), never);
    await file.close();
    const whole = await readFile(path, 'utf8');
    await appendFile(path, `{"batch":{"id":"b-1","cut":"${'x'.repeat(100_000)}`);
    const again = type.kind.open({ path }, SOURCE);
    await again.send(batch(1), never);
    await again.close();
    const text = await readFile(path, 'utf8');
    expect(text.startsWith(whole)).toBe(true);
    expect(readLines(text)).toHaveLength(4);
  });

  it('is renamed when it is full, and no batch is torn apart', async () => {
    const file = type.kind.open({ path, maxBytes: 1_024 }, SOURCE);
    for (let number = 0; number < 4; number++) await file.send(batch(number, 'x'.repeat(600)), never);
    await file.close();
    const names = (await readdir(join(folder, 'made'))).toSorted();
    expect(names).toEqual(['events.jsonl', 'events.jsonl.000001', 'events.jsonl.000002', 'events.jsonl.000003']);
    for (const name of names) expect(readLines(await readFile(join(folder, 'made', name), 'utf8'))).toHaveLength(2);
  });
});
