import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { eventually } from '../support/eventually.js';

const MIB = 1024 * 1024;
/** Larger than any process number of this system. */
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

async function start(): Promise<AuditAggregator> {
  @Module({ imports: [AuditModule.forRoot({ spillDir, maxSpillBytes: MIB })], providers: [StoreProvider] })
  class Root {}
  const app = await NestFactory.createApplicationContext(Root, { logger: false, abortOnError: false });
  apps.push(app);
  return app.get(AuditAggregator);
}

async function reasons(audit: AuditAggregator): Promise<string> {
  return judgeHealth(await audit.health(), audit.spill()).reasons.join('\n');
}

/** As `kill -9` leaves it: a process has the file that no longer runs. */
async function orphanRecords(): Promise<void> {
  for (const name of await readdir(spillDir)) {
    if (name.endsWith('.lost'))
      await rename(join(spillDir, name), join(spillDir, name.replace(`.${process.pid}.`, `.${DEAD_PID}.`)));
  }
}

beforeEach(async () => {
  [isUp, stored] = [false, []];
  spillDir = await mkdtemp(join(tmpdir(), 'audit-spill-'));
  jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  jest.restoreAllMocks();
  await rm(spillDir, { recursive: true });
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

it('losses of a process that keeps running are reported once it stores events again', async () => {
  await writeFile(join(spillDir, 'filler'), Buffer.alloc(MIB));
  const audit = await start();
  await audit.record('thing_change');
  isUp = true;

  await eventually(() => stored.some(({ type }) => type.startsWith('audit_events_lost')));
});
