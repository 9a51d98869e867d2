import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../src/audit/index.js';
import { eventually, tempFolder } from '../support/index.js';

let spillDir: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  spillDir = await tempFolder('audit-spill-');
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function fail(times: number): Promise<{ readonly child: ChildProcess; readonly events: () => AuditEvent[] }> {
  const child = spawn(process.execPath, ['test/support/failing-process.mjs', spillDir, String(times)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await eventually(() => output.includes('answered'));
  const lines = (): string[] => output.split('\n').filter((line) => line.startsWith('{'));
  return { child, events: () => lines().map((line) => JSON.parse(line) as AuditEvent) }; // what the process prints
}

const countsIn = (events: readonly AuditEvent[]): AuditEvent[] =>
  events.filter(({ type }) => type === 'audit_failures_counted');

it('the fact that counting began is stored before a counted failure is answered, so that it survives kill -9', async () => {
  const { child, events } = await fail(200);
  await kill(child);

  expect(events()).toHaveLength(6);
  expect(events().at(-1)).toMatchObject({
    type: 'audit_failures_counting_began',
    actor: { type: 'user', id: 'ada' },
    severity: 'warning',
    details: { type: 'vault_opening_failed', source: 'actor', limitPerMinute: 5 },
  });
});

it('a process that is stopped records the number, and leaves nothing behind', async () => {
  const { child, events } = await fail(20);
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;

  expect(countsIn(events())).toMatchObject([{ details: { events: 15, limitPerMinute: 5 } }]);
  expect(await readdir(spillDir)).toEqual([]);
});
