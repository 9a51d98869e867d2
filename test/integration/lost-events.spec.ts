import { execFile } from 'node:child_process';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  AuditAggregator,
  AuditModule,
  AuditProvider,
  assessHealth,
  type AuditEvent,
  type AuditModuleOptions,
} from '../../src/audit/index.js';
import { eventually, tempFolder } from '../support/index.js';
import { buildEvents, filesIn, leave, formatLines, SPILL_KEY, SPILL_LINES } from '../support/spilled.js';

const run = promisify(execFile);
const MIB = 1024 * 1024;

let isUp: boolean;
let stored: AuditEvent[];
let spillDir: string;
let written: string[];
let logged: string[];
const apps: INestApplicationContext[] = [];

@AuditProvider({ backend: 'store' })
class StoreProvider implements AuditProvider {
  record(batch: readonly AuditEvent[]): Promise<void> {
    if (!isUp) return Promise.reject(Object.assign(new Error('the store is stopped'), { fault: 'store' }));
    stored.push(...batch);
    return Promise.resolve();
  }
}

function start(folder: string | false = spillDir): Promise<AuditAggregator> {
  return boot({ spillDir: folder, writerKey: SPILL_KEY, ...(folder !== false && { maxSpillBytes: MIB }) });
}

async function boot(options?: AuditModuleOptions): Promise<AuditAggregator> {
  @Module({ imports: [AuditModule.forRoot(options)], providers: [StoreProvider] })
  class Root {}
  const app = await NestFactory.createApplicationContext(Root, { logger: false, abortOnError: false });
  apps.push(app);
  return app.get(AuditAggregator);
}

async function mayMount(): Promise<boolean> {
  const folder = await tempFolder('audit-disk-');
  try {
    await run('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
    await run('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function reasons(audit: AuditAggregator): Promise<string> {
  return assessHealth(await audit.health(), audit.spill()).reasons.join('\n');
}

/** The content of the noted lines whose HMAC is valid. */
function noted(): readonly Readonly<Record<string, unknown>>[] {
  const lines = written.filter((line) => line.startsWith('audit-event-lost '));
  return lines.flatMap((line) => {
    const value = SPILL_LINES.decode('lost', Buffer.from(line.slice('audit-event-lost '.length).trimEnd()));
    return typeof value === 'object' && value !== null ? [{ ...value }] : [];
  });
}

/** Waits until each event that the health counts as lost is noted. Resolves with their number. */
const allNoted = (audit: AuditAggregator): Promise<number> =>
  eventually(async () => {
    const { failed } = (await audit.health()).store ?? {};
    return noted().length === failed && failed;
  });

const lossesIn = (events: readonly AuditEvent[]): readonly AuditEvent[] =>
  events.filter(({ type }) => type === 'audit_events_lost');

beforeEach(async () => {
  [isUp, stored, written, logged] = [false, [], [], []];
  spillDir = await tempFolder('audit-spill-');
  for (const level of ['log', 'warn', 'error'] as const)
    jest.spyOn(Logger.prototype, level).mockImplementation((text: unknown) => void logged.push(String(text)));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  jest.restoreAllMocks();
});

it.each([
  ['a full spill', () => writeFile(join(spillDir, 'filler'), Buffer.alloc(MIB)).then(() => spillDir)],
  ['no spill', () => Promise.resolve(false as const)],
])('with %s, events are logged to stderr, and the ledger gets their number when it is back', async (_what, prepare) => {
  const audit = await start(await prepare());
  const receipts = [];
  for (let nth = 0; nth < 3; nth++) {
    receipts.push(await audit.record('thing_change', { actor: { id: 'lovelace', name: 'Ada Lovelace' }, details: { nth } }));
  }
  expect(receipts.map(({ providers }) => providers.store?.status)).toEqual(['failed', 'failed', 'failed']);
  for (const { eventId: id } of receipts) {
    const time = expect.stringMatching(/Z$/) as unknown;
    expect(noted()).toContainEqual({ provider: 'store', id, type: 'thing_change', occurredAt: time, outcome: 'success' });
  }
  expect(written.join('')).not.toMatch(/lovelace/i);
  const failed = await allNoted(audit);
  expect(await reasons(audit)).toMatch(new RegExp(`^${failed} events for the audit provider "store" were lost `, 'm'));

  isUp = true;
  await eventually(() => lossesIn(stored).length > 0);
  const losses = [{ provider: 'store', events: failed, firstAt: expect.anything(), lastAt: expect.anything() }];
  expect(lossesIn(stored)).toMatchObject([{ outcome: 'failure', severity: 'critical', details: { losses } }]);
  await rm(join(spillDir, 'filler'), { force: true });
  await eventually(async () => (await reasons(audit)) === '');
}); // prettier-ignore

it('after a hundred noted events in a second, the number of the others is noted', async () => {
  const audit = await start(false);
  await Promise.all(Array.from({ length: 1_000 }, () => audit.record('x'.repeat(100))));
  await apps.pop()?.close();
  const { failed = NaN } = audit.deliveryStatus().store ?? {};
  const more = noted().reduce((sum, line) => sum + Number(line.more ?? 0), 0);
  const lines = noted().filter(({ id }) => id !== undefined).length;
  expect([more > 0, lines + more]).toEqual([true, failed]);
});

const ifMounts = (await mayMount()) ? it : it.skip;

ifMounts('a spill that is read-only, or whose disk is full, stops the boot', async () => {
  isUp = true;
  await run('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', spillDir]);
  try {
    await writeFile(join(spillDir, 'filler'), Buffer.alloc(MIB)).catch(() => undefined);
    await expect(start()).rejects.toThrow(`spillDir ${spillDir} cannot be written: ENOSPC`);
    await rm(join(spillDir, 'filler'));
    await start();
    await run('mount', ['-o', 'remount,ro', spillDir]);
    await expect(start()).rejects.toThrow(`spillDir ${spillDir} cannot be written: EROFS`);
  } finally {
    await run('umount', ['-l', spillDir]);
  }
});

ifMounts.each([
  ['read-only', 'EROFS', () => run('mount', ['-o', 'remount,ro', spillDir]), () => run('mount', ['-o', 'remount,rw', spillDir])],
  ['full', 'ENOSPC', () => writeFile(join(spillDir, 'filler'), Buffer.alloc(MIB)).catch(() => undefined), () => rm(join(spillDir, 'filler'))],
])('a spill that is %s later is named while it lasts, before anything is lost, and delays no report of losses', async (_how, code, spoil, repair) => {
  await run('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', spillDir]);
  try {
    await (await start()).record('thing_spilled');
    await apps.pop()?.close();
    const audit = await start();
    await spoil();
    await eventually(async () => (await reasons(audit)).includes(`The spill cannot be written (${code}`));
    await eventually(() => logged.some((line) => line.startsWith(`Cannot write the spill ${spillDir}: ${code}`)));
    await audit.record('thing_change');
    const failed = await allNoted(audit);
    isUp = true;
    await eventually(() => lossesIn(stored).length > 0);
    expect(lossesIn(stored)[0]?.details).toMatchObject({ losses: [{ provider: 'store', events: failed }] });

    await repair();
    await eventually(async () => (await reasons(audit)) === '');
    await eventually(() => logged.includes(`The spill ${spillDir} can be written again.`));
    expect(logged.filter((line) => line.startsWith('Cannot write the spill'))).toHaveLength(1);
  } finally {
    await run('umount', ['-l', spillDir]);
  }
}); // prettier-ignore

it('an application that says nothing of a spill keeps what its provider could not take under the working directory', async () => {
  const { NODE_ENV: environment } = process.env;
  const workingDirectory = process.cwd();
  process.chdir(spillDir);
  process.env.NODE_ENV = 'development';
  try {
    const { providers } = await (await boot()).record('user_login');
    expect(providers.store?.status).toBe('spilled');
    expect(await filesIn('.data/spill')).toEqual([expect.stringMatching(/^store\..*\.jsonl$/)]);
    expect((await stat('.data/writer.key')).mode & 0o777).toBe(0o600);
    await apps.pop()?.close();
  } finally {
    process.env.NODE_ENV = environment;
    process.chdir(workingDirectory);
  }
});

it('events in the spill for a provider that no module has any more are named at the boot and by the health', async () => {
  isUp = true;
  for (const backend of ['siem', 'store']) await leave(spillDir, formatLines(buildEvents(2), backend), { backend });
  const audit = await start();
  await eventually(async () => (await audit.health()).store?.spillPending === false);
  const named = expect.stringContaining('wait for the audit provider "siem"');
  expect(logged.filter((line) => line.includes('siem'))).toEqual([named]);
  expect(assessHealth(await audit.health(), audit.spill())).toEqual({ state: 'degraded', reasons: [named] });
});
