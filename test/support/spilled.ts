import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { uuidv7 } from 'uuidv7';
import { encodeEvent, SpillLines } from '../../src/audit/delivery/spill/spill-line.js';
import { HOST } from '../../src/audit/delivery/spill/spill-file.js';
import type { SpillFolder } from '../../src/audit/delivery/spill/spill-folder.js';
import type { AuditEvent } from '../../src/audit/index.js';
import { WriterKeys } from '../../src/audit/writer-keys.js';
import { sampleEvent } from './sample-event.js';

export function buildEvents(count: number, details: AuditEvent['details'] = {}): readonly AuditEvent[] {
  return Array.from({ length: count }, (_, index) => sampleEvent({ details: { index, ...details } }));
}

export function taker() {
  const taken: AuditEvent[] = [];
  const offer = (events: readonly AuditEvent[]) => {
    taken.push(...events);
    return Promise.resolve({ done: true, dead: [] } as const);
  };
  return { taken, offer };
}

export async function takeAll(folder: SpillFolder, backend = 'memory'): Promise<readonly AuditEvent[]> {
  const { taken, offer } = taker();
  expect(await folder.replay(backend, offer)).toMatchObject({ done: true, errors: [] });
  return taken;
}

export function getIds(events: readonly AuditEvent[]): readonly string[] {
  return events.map(({ id }) => id);
}

export const SPILL_KEY = 'a key of the tests that has 32 characters or more';
export const SPILL_KEYS = new WriterKeys([SPILL_KEY]);

export const SPILL_LINES = new SpillLines(SPILL_KEYS);

export function formatLines(events: readonly AuditEvent[], backend = 'memory'): string {
  return events.map((event) => encodeEvent(SPILL_LINES, backend, event)).join('');
}

export async function leave(
  path: string,
  content: string | Buffer,
  { host = HOST, pid = process.pid, backend = 'memory' } = {},
): Promise<string> {
  await mkdir(path, { recursive: true });
  const name = `${backend}.${host}.${pid}.${uuidv7()}.jsonl`;
  await writeFile(join(path, name), content);
  return name;
}

export async function filesIn(path: string): Promise<readonly string[]> {
  return (await readdir(path)).filter((name) => !name.endsWith('.probe')).sort();
}

export async function age(path: string): Promise<void> {
  const minuteAgo = new Date(Date.now() - 60_000);
  for (const name of await readdir(path)) await utimes(join(path, name), minuteAgo, minuteAgo);
}

export async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}
