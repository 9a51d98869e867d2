import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditAggregator, AuditModule, AuditProvider, judgeHealth, type AuditEvent } from '../../src/audit/index.js';
import { acknowledgeLosses, WriterKeys } from '../../src/audit/nest-free.js';
import { TESTS_KEY } from '../support/writers.js';
import { DELIVERY_TIMING } from '../../src/audit/delivery/delivery-timing.js';
import { HOST } from '../../src/audit/delivery/spill/spill-file.js';
import { eventually, tempFolder } from '../support/index.js';

const run = promisify(execFile);
const MIB = 1024 * 1024;
/** No process of this system has so large a number. */
const DEAD_PID = 4_194_305;

let isUp: boolean;
let stored: AuditEvent[];
let spillDir: string;
const apps: INestApplicationContext[] = [];
let logged: jest.SpiedFunction<Logger['error']>;

@AuditProvider({ backend: 'store' })
class StoreProvider implements AuditProvider {
  record(batch: readonly AuditEvent[]): Promise<void> {
    if (!isUp) return Promise.reject(new Error('the store is stopped'));
    stored.push(...batch);
    return Promise.resolve();
  }
}

const KEYS = new WriterKeys([TESTS_KEY]);

async function start(writerKey?: string): Promise<AuditAggregator> {
  const options = { spillDir, maxSpillBytes: MIB, ...(writerKey !== undefined && { writerKey }) };
  @Module({ imports: [AuditModule.forRoot(options)], providers: [StoreProvider] })
  class Root {}
  const app = await NestFactory.createApplicationContext(Root, { logger: false, abortOnError: false });
  apps.push(app);
  return app.get(AuditAggregator);
}

/** Starts an application whose scans do not meet what a test does to its folder. */
async function startWithoutScans(): Promise<AuditAggregator> {
  const { scanMs } = DELIVERY_TIMING;
  Object.assign(DELIVERY_TIMING, { scanMs: 600_000 });
  return start().finally(() => Object.assign(DELIVERY_TIMING, { scanMs }));
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
  return judgeHealth(await audit.health(), audit.spill()).reasons.join('\n');
}

/** `kill -9` leaves the account of a process that no longer runs. */
async function orphanRecords(): Promise<void> {
  for (const name of await readdir(spillDir)) {
    if (name.endsWith('.account'))
      await rename(join(spillDir, name), join(spillDir, name.replace(`.${process.pid}.`, `.${DEAD_PID}.`)));
  }
}

beforeEach(async () => {
  [isUp, stored] = [false, []];
  spillDir = await tempFolder('audit-spill-');
  logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  jest.restoreAllMocks();
});

it('lost events are counted for good: the next process tells the ledger of them, and shows them until they are acknowledged', async () => {
  await writeFile(join(spillDir, 'filler'), Buffer.alloc(MIB));
  const before = await startWithoutScans();
  for (let count = 0; count < 3; count++) {
    expect((await before.record('thing_change')).providers.store?.status).toBe('failed');
  }
  const { lost, failed } = (await before.health()).store ?? {};
  expect(lost?.events).toBe(failed);
  expect((await acknowledgeLosses(spillDir, KEYS)).unreported).toMatchObject([{ backend: 'store', events: failed }]);
  await orphanRecords();
  await apps.pop()?.close();

  isUp = true;
  await rm(join(spillDir, 'filler'));
  const after = await start();
  const told = await eventually(() => stored.find(({ type }) => type === 'audit_events_lost'));

  expect(told).toMatchObject({
    outcome: 'failure',
    severity: 'critical',
    details: { losses: [{ provider: 'store', events: lost?.events, firstAt: lost?.firstAt, lastAt: lost?.lastAt }] },
  });
  expect(await reasons(after)).toMatch(
    new RegExp(`^${failed} events for the audit provider "store" were lost between `, 'm'),
  );

  const acknowledged = await eventually(async () => {
    const result = await acknowledgeLosses(spillDir, KEYS);
    return result.unreported.length === 0 && result;
  });
  expect(acknowledged.acknowledged).toMatchObject([{ backend: 'store', events: failed }]);
  await eventually(async () => (await reasons(after)) === '');
  expect(stored.filter(({ type }) => type === 'audit_events_lost')).toHaveLength(1);
});

it('a record that cannot be read says that an unknown number was lost', async () => {
  isUp = true;
  await start();
  await apps.pop()?.close();
  await writeFile(join(spillDir, `${HOST}.${DEAD_PID}.01990000-0000-7000-8000-000000000001.account`), '');
  const audit = await start();
  expect(await reasons(audit)).toMatch(
    /^An unknown number of events for the audit provider "store" were lost between /m,
  );
  const told = await eventually(() => stored.find(({ type }) => type === 'audit_events_lost'));
  expect(told.details).toMatchObject({ losses: [{ provider: '*', isUnknown: true }] });
  await eventually(async () => (await acknowledgeLosses(spillDir, KEYS)).acknowledged.length === 1);
  await eventually(async () => (await reasons(audit)) === '');
});

it('a record of no loss that was left before a key was set says that nothing was lost', async () => {
  isUp = true;
  await start();
  const own = await eventually(async () => (await readdir(spillDir)).find((name) => name.endsWith('.account')));
  const left = join(spillDir, `${HOST}.${DEAD_PID}.01990000-0000-7000-8000-000000000001.account`);
  await copyFile(join(spillDir, own), left);
  await utimes(left, 0, 0);
  await apps.pop()?.close();
  const audit = await start('a secret that is long enough for a spill');
  await eventually(() => !existsSync(left));
  expect(await reasons(audit)).toBe('');
  expect(stored.map(({ type }) => type)).not.toContain('audit_events_lost');
});

const segments = async (): Promise<readonly string[]> =>
  (await readdir(spillDir)).filter((name) => name.endsWith('.jsonl')).map((name) => join(spillDir, name));

async function removeFiles(): Promise<void> {
  for (const path of await segments()) await rm(path);
}

/** Records events while the provider is down, until they are in the spill. */
async function spill(audit: AuditAggregator, count: number): Promise<void> {
  isUp = false;
  for (let nth = 0; nth < count; nth++) await audit.record('thing_change');
}

async function comeBack(): Promise<void> {
  const before = recovered().length;
  isUp = true;
  await eventually(() => recovered().length > before);
}

const recovered = (): readonly AuditEvent[] =>
  stored.filter(({ type }) => type.startsWith('audit_recording_recovered'));

function reportedLosses(): number {
  const reports = stored.filter(({ type }) => type === 'audit_events_lost');
  const losses = reports.flatMap(({ details }) => details.losses as unknown as readonly { readonly events: number }[]);
  return losses.reduce((sum, { events }) => sum + events, 0);
}

it.each([
  ['removed with their folder', () => rm(spillDir, { recursive: true, maxRetries: 10 })],
  ['moved with their folder', () => rename(spillDir, `${spillDir}-moved`)],
  // A scan may have made the folder again.
  ['moved, and the folder is an empty one', () => rename(spillDir, `${spillDir}-moved`).then(() => mkdir(spillDir, { recursive: true }))],
  ['removed one by one', removeFiles],
  ['cut', async () => { for (const path of await segments()) await truncate(path, 300); }],
])('events whose files are %s count as lost, also while an earlier loss stands', async (_how, clear) => {
  const audit = await start();
  await spill(audit, 3);
  await removeFiles();
  await comeBack();
  await eventually(() => reportedLosses() > 0);
  const first = reportedLosses();

  await spill(audit, 5);
  await clear();
  await eventually(async () => (await reasons(audit)).includes('are no longer in the spill: files were removed, moved or damaged'));
  expect(logged.mock.calls.flat().join('\n')).toMatch(/Cannot find \d+ event\(s\) for the audit provider "store" in the spill/);
  await comeBack();
  await eventually(() => reportedLosses() > first);

  const { spilled = 0, replayed = 0, failed, lost, missing } = (await audit.health()).store ?? {};
  expect(reportedLosses()).toBe(spilled - replayed);
  expect({ failed, missing, lost: lost?.events }).toEqual({ failed: spilled - replayed, missing: 0, lost: spilled - replayed });
  expect(recovered().reduce((sum, { details }) => sum + Number(details.lost), 0)).toBe(failed);
}); // prettier-ignore

it('events whose files return before the provider are not lost', async () => {
  const audit = await start();
  await spill(audit, 5);
  await rename(spillDir, `${spillDir}-moved`);
  await eventually(async () => (await reasons(audit)).includes('are no longer in the spill'));
  for (const name of await readdir(`${spillDir}-moved`)) {
    await rename(join(`${spillDir}-moved`, name), join(spillDir, name));
  }
  await eventually(async () => !(await reasons(audit)).includes('are no longer in the spill'));
  await comeBack();

  expect(new Set(stored.filter(({ type }) => type.startsWith('thing_change')).map(({ id }) => id)).size).toBe(5);
  await eventually(async () => (await reasons(audit)) === '');
  expect(reportedLosses()).toBe(0);
});

it('a segment that returns after it was counted, or was not yet removed when its process was killed, hides no later loss', async () => {
  const audit = await start();
  await spill(audit, 5);
  const kept = await Promise.all((await segments()).map(async (path) => ({ path, bytes: await readFile(path) })));
  await comeBack();
  await spill(audit, 3);
  const spilled = await Promise.all((await segments()).map((path) => readFile(path, 'utf8')));
  await removeFiles();
  for (const { path, bytes } of kept) await writeFile(path, bytes);
  await eventually(async () => (await reasons(audit)).includes('are no longer in the spill'));
  await comeBack();

  await eventually(() => reportedLosses() > 0);
  expect(reportedLosses()).toBe(spilled.join('').split('\n').length - 1);
}); // prettier-ignore

it('an acknowledgement clears the losses up to then: neither a removed count nor a later loss', async () => {
  const audit = await start();
  await spill(audit, 3);
  await removeFiles();
  await comeBack();
  const acknowledged = await eventually(async () => (await acknowledgeLosses(spillDir, KEYS)).acknowledged[0]?.events);
  await eventually(async () => (await reasons(audit)) === '');

  await spill(audit, 5);
  await removeFiles();
  await comeBack();
  await eventually(() => reportedLosses() > acknowledged);
  const later = reportedLosses() - acknowledged;
  for (const name of await readdir(spillDir)) await rm(join(spillDir, name));
  await eventually(async () => (await readdir(spillDir)).length > 0);
  expect((await audit.health()).store?.lost?.events).toBe(later);
});

it('events whose files were removed while no process ran are lost', async () => {
  const before = await startWithoutScans();
  await spill(before, 3);
  await orphanRecords();
  await apps.pop()?.close();
  await removeFiles();
  isUp = true;
  await start();
  await eventually(() => reportedLosses() >= 3);
});

/** The library's listener of `exit` runs without the end of the test's process. */
function endProcess(): undefined {
  const [listener] = process.listeners('exit').filter(({ name }) => name === 'keepAllAtOnce');
  listener?.call(process, 0);
}

it.each([
  ['the application closes', () => apps.pop()?.close()],
  ['the process exits', endProcess],
])('events whose folder is emptied just before %s are lost for the next process', async (_how, end) => {
  const before = await startWithoutScans();
  await spill(before, 3);
  for (const name of await readdir(spillDir)) await rm(join(spillDir, name));
  await end();
  await orphanRecords();
  await apps.pop()?.close();
  isUp = true;
  await start();
  await eventually(() => reportedLosses() >= 3);
}); // prettier-ignore

const ifMounts = (await mayMount()) ? it : it.skip;

ifMounts('a spill that cannot be written stops the boot; one without room is named', async () => {
  isUp = true;
  await run('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', spillDir]);
  try {
    await writeFile(join(spillDir, 'filler'), Buffer.alloc(MIB)).catch(() => undefined);
    const audit = await start();
    expect(await reasons(audit)).toMatch(/^The spill cannot be written \(ENOSPC/m);
    await rm(join(spillDir, 'filler'));
    await eventually(async () => (await reasons(audit)) === '');
    await run('mount', ['-o', 'remount,ro', spillDir]);
    await expect(start()).rejects.toThrow(`spillDir ${spillDir} cannot be written: EROFS`);
  } finally {
    await run('umount', ['-l', spillDir]);
  }
});

ifMounts('a spill that is read-only later is named before anything is lost, and the ledger gets what is', async () => {
  await run('mount', ['-t', 'tmpfs', 'tmpfs', spillDir]);
  try {
    const audit = await start();
    await run('mount', ['-o', 'remount,ro', spillDir]);
    await eventually(async () => /^The spill cannot be written \(EROFS/m.test(await reasons(audit)));
    for (let count = 0; count < 3; count++) await audit.record('thing_change');
    const { failed } = (await audit.health()).store ?? {};
    isUp = true;
    const told = await eventually(() => stored.find(({ type }) => type === 'audit_events_lost'));
    expect(told.details).toMatchObject({ losses: [{ provider: 'store', events: failed }] });

    await run('mount', ['-o', 'remount,rw', spillDir]);
    await eventually(async () => (await acknowledgeLosses(spillDir, KEYS)).acknowledged.length === 1);
    await eventually(async () => (await reasons(audit)) === '');
    expect(stored.filter(({ type }) => type === 'audit_events_lost')).toHaveLength(1);
  } finally {
    await run('umount', ['-l', spillDir]);
  }
});

ifMounts('are counted on a disk that is full, through a kill', async () => {
  await run('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', spillDir]);
  try {
    const before = await startWithoutScans();
    await writeFile(join(spillDir, 'filler'), Buffer.alloc(MIB)).catch(() => undefined); // as much as there is room
    expect((await before.record('thing_change')).providers.store?.status).toBe('failed');
    const failed = (await before.health()).store?.failed;
    await orphanRecords();
    await apps.pop()?.close();
    await rm(join(spillDir, 'filler'));
    isUp = true;
    const after = await start();
    expect(await reasons(after)).toMatch(new RegExp(`^${failed} events for the audit provider "store" were lost`, 'm'));
    await apps.pop()?.close();
  } finally {
    await run('umount', ['-l', spillDir]);
  }
});
