import { expect, it } from '@jest/globals';
import { verifyLedger } from '../../../src/monitoring/proof/verify/verify-ledger.js';
import { closeAfterTests } from '../../support/close-after-tests.js';
import { runSql } from '../../support/sql.js';
import { MOMENTS, strikeAtRandomMoments } from './support/fault-matrix.js';
import { FaultScene } from './support/fault-scene.js';
import { APPLICATION_KILLED, APPLICATION_TERMINATED, BOTH_KILLED, DATABASE_KILLED } from './support/faults.js';

const scene = await closeAfterTests(FaultScene.start());

it.each([
  ['kill -9 of the application', 'application-killed', APPLICATION_KILLED],
  ['SIGTERM of the application, awaited or not', 'application-terminated', APPLICATION_TERMINATED],
  ['kill -9 of PostgreSQL', 'database-killed', DATABASE_KILLED],
  ['kill -9 of the application and of PostgreSQL at once', 'both-killed', BOTH_KILLED],
])('what a client saw survives %s', async (_what, scenario, fault) => {
  const { responses } = await strikeAtRandomMoments(scene, scenario, MOMENTS, fault);

  expect(responses).toBeGreaterThan(MOMENTS);
});

it('the ledger is sound after all of these, and no event was parked', async () => {
  expect(await verifyLedger({ database: scene.cluster.url })).toMatchObject({
    verdict: 'sound',
    findings: [],
    waiting: 0,
  });
  expect(await runSql(scene.cluster.url, 'SELECT reason FROM audit_parked')).toEqual([]);
});
