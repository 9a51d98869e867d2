import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  acknowledgeLosses,
  AuditAggregator,
  AuditModule,
  AuditProvider,
  judgeHealth,
  type AuditEvent,
} from '../../src/audit/index.js';
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

@AuditProvider({ backend: 'store' })
class StoreProvider implements AuditProvider {
  record(batch: readonly AuditEvent[]): Promise<void> {
    if (!isUp) return Promise.reject(new Error('the store is stopped'));
    stored.push(...batch);
    return Promise.resolve();
  }
}

async function start(spillKey?: string): Promise<AuditAggregator> {
  const options = { spillDir, maxSpillBytes: MIB, ...(spillKey !== undefined && { spillKey }) };
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
  return judgeHealth(await audit.health(), audit.spill()).reasons.join('\n');
}

/** `kill -9` leaves a file of a process that no longer runs. */
async function orphanRecords(): Promise<void> {
  for (const name of await readdir(spillDir)) {
    if (name.endsWith('.lost'))
      await rename(join(spillDir, name), join(spillDir, name.replace(`.${process.pid}.`, `.${DEAD_PID}.`)));
  }
}

beforeEach(async () => {
  [isUp, stored] = [false, []];
  spillDir = await tempFolder('audit-spill-');
  jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  jest.restoreAllMocks();
});

it('lost events are counted for good: the next process tells the ledger of them, and shows them until they are acknowledged', async () => {
  await writeFile(join(spillDir, 'filler'), Buffer.alloc(MIB));
  const before = await start();
  for (let count = 0; count < 3; count++) {
    expect((await before.record('thing_change')).providers.store?.status).toBe('failed');
  }
  const { lost, failed } = (await before.health()).store ?? {};
  expect(lost?.events).toBe(failed);
  expect((await acknowledgeLosses(spillDir)).unreported).toMatchObject([{ backend: 'store', events: failed }]);
  await orphanRecords();
  await apps.pop()?.close();

  isUp = true;
  await rm(join(spillDir, 'filler'));
  const after = await start();
  const told = await eventually(() => stored.find(({ type }) => type.startsWith('audit_events_lost')));

  expect(told).toMatchObject({
    outcome: 'failure',
    severity: 'critical',
    details: { losses: [{ provider: 'store', events: lost?.events, firstAt: lost?.firstAt, lastAt: lost?.lastAt }] },
  });
  expect(await reasons(after)).toMatch(
    new RegExp(`^${failed} events for the audit provider "store" were lost between `, 'm'),
  );

  const acknowledged = await eventually(async () => {
    const result = await acknowledgeLosses(spillDir);
    return result.unreported.length === 0 && result;
  });
  expect(acknowledged.acknowledged).toMatchObject([{ backend: 'store', events: failed }]);
  await eventually(async () => (await reasons(after)) === '');
  expect(stored.filter(({ type }) => type.startsWith('audit_events_lost'))).toHaveLength(1);
});

it('a record that cannot be read says that an unknown number was lost', async () => {
  isUp = true;
  await start();
  await apps.pop()?.close();
  await writeFile(join(spillDir, `${HOST}.${DEAD_PID}.01990000-0000-7000-8000-000000000001.lost`), '');
  const audit = await start();
  expect(await reasons(audit)).toMatch(
    /^An unknown number of events for the audit provider "store" were lost between /m,
  );
  const told = await eventually(() => stored.find(({ type }) => type.startsWith('audit_events_lost')));
  expect(told.details).toMatchObject({ losses: [{ provider: '*', isUnknown: true }] });
  await eventually(async () => (await acknowledgeLosses(spillDir)).acknowledged.length === 1);
  await eventually(async () => (await reasons(audit)) === '');
});

it('a record of no loss that was left before a key was set says that nothing was lost', async () => {
  isUp = true;
  await start();
  const own = await eventually(async () => (await readdir(spillDir)).find((name) => name.endsWith('.lost')));
  const left = join(spillDir, `${HOST}.${DEAD_PID}.01990000-0000-7000-8000-000000000001.lost`);
  await copyFile(join(spillDir, own), left);
  await utimes(left, 0, 0);
  await apps.pop()?.close();
  const audit = await start('a secret that is long enough for a spill');
  await eventually(() => !existsSync(left));
  expect(await reasons(audit)).toBe('');
  expect(stored.map(({ type }) => type)).not.toContain('audit_events_lost_failed');
});

it('a folder that is cleared under the application lost what waited there', async () => {
  const audit = await start();
  expect((await audit.record('thing_change')).providers.store?.status).toBe('spilled');
  await rm(spillDir, { recursive: true, maxRetries: 10 }); // the application may be writing there
  isUp = true;

  const told = await eventually(() => stored.find(({ type }) => type.startsWith('audit_events_lost')));
  expect(told.details).toMatchObject({ losses: [{ provider: 'store', isUnknown: true }] });
  expect(await reasons(audit)).toMatch(
    /^An unknown number of events for the audit provider "store" were lost between /m,
  );
});

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
    const told = await eventually(() => stored.find(({ type }) => type.startsWith('audit_events_lost')));
    expect(told.details).toMatchObject({ losses: [{ provider: 'store', events: failed }] });

    await run('mount', ['-o', 'remount,rw', spillDir]);
    await eventually(async () => (await acknowledgeLosses(spillDir)).acknowledged.length === 1);
    await eventually(async () => (await reasons(audit)) === '');
    expect(stored.filter(({ type }) => type.startsWith('audit_events_lost'))).toHaveLength(1);
  } finally {
    await run('umount', ['-l', spillDir]);
  }
});

ifMounts('are counted on a disk that is full, through a kill', async () => {
  await run('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', spillDir]);
  try {
    const before = await start();
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
