import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { AuditQuery } from '../../src/monitoring/index.js';
import { CaptureWatch } from '../../src/rooms/row-changes/attest/capture-watch.service.js';
import { LedgerProvider } from '../../src/monitoring/ledger.provider.js';
import { ATTESTER } from '../../src/monitoring/store/ledger-roles.js';
import { captureTables, startRowChanges } from '../support/row-changes-scene.js';
import { kept, settled, testDatabase } from '../support/index.js';

afterEach(() => void jest.restoreAllMocks());

const warnings: string[] = [];

const database = await testDatabase({ roles: ['stranger'] });
await database.sql('CREATE TABLE rate (id int PRIMARY KEY, price int)');
await captureTables(database.url, { 'public.rate': {} });
await database.superuserSql(`CREATE ROLE stranger LOGIN PASSWORD 'stranger'`);
const url = new URL(database.url);
url.username = 'stranger';
url.password = 'stranger';
const stranger = await kept(new pg.Client({ connectionString: url.href, application_name: 'sneaky' }));
await stranger.connect();
const [lock] = await database.sql('SELECT $1::regclass::oid::text AS of', [ATTESTER.lock.table]);
await stranger.query('SELECT pg_advisory_lock($1, hashtext($2))', [ATTESTER.lock.class, lock?.of]);
// The first attestation, which warns once, begins while the application starts.
jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void warnings.push(String(line)));
const scene = await kept(startRowChanges(database, { reconcileEveryHours: 24 }));
const superuser = (statement: string) => database.superuserSql(statement);
const watch = () => scene.app.get(CaptureWatch);
const countOf = async (type: string) => {
  await settled(database);
  return (await scene.app.get(AuditQuery).find({ scope: 'all' }, { type: [type], limit: 10 })).items.length;
};

describe('a login that holds the lock of the attestation', () => {
  it('silences neither the attestation nor the reconciliation', async () => {
    await watch().run();
    await superuser('ALTER TABLE rate DISABLE TRIGGER row_capture_update');
    await watch().run();
    expect(watch().status).toMatchObject({ alterations: 1, failedRuns: 0, reconciled: { verdict: 'complete' } });
    expect(await countOf('audit_capture_altered')).toBe(1);
    expect(await countOf('audit_capture_reconciled')).toBe(1);
  });

  it('is named by the log', () => {
    expect(warnings.filter((line) => line.includes('the lock for reconciling'))).toEqual([
      expect.stringMatching(/^The login stranger \(pid \d+, application "sneaky"\) holds the lock/),
    ]);
  });
});

it('two instances that attest at once store a difference once', async () => {
  const other = await startRowChanges(database);
  await other.app.get(CaptureWatch).run();
  const before = await countOf('audit_capture_altered');
  await superuser('ALTER TABLE rate ENABLE ALWAYS TRIGGER row_capture_update');
  await Promise.all([watch().run(), other.app.get(CaptureWatch).run()]);
  await Promise.all([watch().run(), other.app.get(CaptureWatch).run()]);
  await other.close();
  expect(await countOf('audit_capture_altered')).toBe(before + 1);
  const states = await superuser('SELECT follows FROM audit_capture_state ORDER BY position');
  expect(new Set(states.map(({ follows }) => follows)).size).toBe(states.length);
});

const health = () => scene.app.get(LedgerProvider).check();

it('an attestation that could not run for longer than its period degrades the health, with the reason, until it runs', async () => {
  await superuser('REVOKE SELECT ON audit_capture_state FROM audit_sequencer');
  await watch().run();
  expect(watch().status.failedRuns).toBe(1);
  expect((await health()).problem).not.toMatch(/Cannot attest/); // an earlier test altered the capture
  jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 2 * 3_600_000);
  expect(watch().problem).toMatchObject({ code: 'AUDIT_CAPTURE_UNATTESTED' });
  expect(await health()).toMatchObject({
    problem: expect.stringMatching(/Cannot attest the capture .* audit_capture_state/s),
  });
  jest.restoreAllMocks();
  await superuser('GRANT SELECT ON audit_capture_state TO audit_sequencer');
  await watch().run();
  expect(watch().problem).toBeUndefined();
});
