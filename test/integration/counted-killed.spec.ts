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

it('what was counted survives kill -9: the next start records it, once', async () => {
  const first = await fail(200);
  expect(first.events()).toHaveLength(5);
  await kill(first.child);

  const second = await fail(0);
  const told = await eventually(() => countsIn(second.events())[0]);
  expect(told).toMatchObject({
    actor: { type: 'user', id: 'ada' },
    severity: 'warning',
    details: { events: 195, types: { vault_opening_failed: 195 }, source: 'actor', interrupted: true },
  });
  await eventually(async () => !(await readdir(spillDir)).some((name) => name.endsWith('.counted')));
  await kill(second.child);

  const third = await fail(0);
  expect(countsIn([...second.events(), ...third.events()])).toHaveLength(1);
});

it('a process that is stopped reports them itself, and leaves nothing behind', async () => {
  const { child, events } = await fail(20);
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  await ended;

  expect(countsIn(events())).toMatchObject([{ details: { events: 15, limitPerMinute: 5 } }]);
  const next = await fail(0);
  expect(countsIn(next.events()).every(({ id }) => id === countsIn(events())[0]?.id)).toBe(true);
});
