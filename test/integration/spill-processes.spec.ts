import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { SpillFolder } from '../../src/audit/delivery/spill/spill-folder.js';
import { eventually } from '../support/eventually.js';
import { age, buildEvents, getIds, takeAll, SPILL_KEYS } from '../support/spilled.js';
import { tempFolder } from '../support/temp-folder.js';

const WRITER = 'test/support/spill-writer.mjs';

let path: string;
let spill: SpillFolder;

beforeEach(async () => {
  path = await tempFolder('spill-');
  spill = new SpillFolder(path, { maxBytes: 1e9, keys: SPILL_KEYS });
});

afterEach(() => spill.close());

interface Writer {
  readonly child: ChildProcess;
  readonly lines: () => readonly string[];
  readonly ended: Promise<unknown>;
}

function startWriter(command: string, args: readonly string[]): Writer {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, lines: () => output.split('\n').slice(0, -1), ended: once(child, 'close') };
}

it('a worker thread keeps its spilled events from the other threads of the process', async () => {
  const worker = new Worker(resolve(WRITER), { argv: [path, '100'], stdout: true });
  let output = '';
  worker.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const lines = (): readonly string[] => output.split('\n').slice(0, -1);
  const ended = once(worker, 'exit');
  try {
    for (let enough = 50; enough <= 150; enough += 50) {
      await eventually(() => lines().length > enough);
      expect(await takeAll(spill)).toEqual([]);
    }
  } finally {
    await worker.terminate();
    await ended;
  }
  await age(path);
  expect(missing(lines(), new Set(getIds(await takeAll(spill))))).toEqual([]);
});

const missing = (wanted: readonly string[], seen: ReadonlySet<string>) => wanted.filter((id) => !seen.has(id));

it('a process that is killed while another takes its files from under it has every event replayed that it was acknowledged', async () => {
  const seen = new Set<string>();
  const acknowledged: string[] = [];
  for (let round = 0; round < 2; round++) {
    const writer = startWriter(process.execPath, [WRITER, path, '100']);
    // The file looks abandoned again and again, so that it is claimed while the writer writes.
    for (let enough = 300; writer.lines().length < enough;) {
      await age(path).catch(() => undefined); // a file may go meanwhile
      for (const id of getIds(await takeAll(spill))) seen.add(id);
    }
    writer.child.kill('SIGKILL');
    await writer.ended;
    acknowledged.push(...writer.lines());
  }
  for (const id of getIds(await takeAll(spill))) seen.add(id);

  expect(acknowledged.length).toBeGreaterThanOrEqual(600);
  expect(missing(acknowledged, seen)).toEqual([]);
  expect((await readdir(path)).filter((name) => name.endsWith('.jsonl'))).toEqual([]);
});

it('a disk that is full in the middle of a line costs what was not acknowledged, and no other line', async () => {
  // `ulimit -f 64`: the file cannot grow beyond 64 KiB, and the system cuts the write that would exceed this size.
  const script = `ulimit -f 64; exec "${process.execPath}" ${WRITER} "${path}" 1500`;
  const writer = startWriter('bash', ['-c', script]);
  await writer.ended;
  const code = writer.lines().filter((line) => line.startsWith('E'));
  const acknowledged = writer.lines().filter((line) => !line.startsWith('E'));
  await spill.append('memory', buildEvents(1));
  const seen = new Set(getIds(await takeAll(spill)));

  expect(code).toEqual(['EFBIG']);
  expect(acknowledged.length).toBeGreaterThan(9);
  expect(missing(acknowledged, seen)).toEqual([]);
  expect(spill.status().corruptLines).toBe(0);
});
