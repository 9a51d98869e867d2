import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { runSql, withClient } from '../../support/sql.js';
import { startLedgerApplication, type LedgerApplication } from './support/ledger-application.js';

const EVENTS = 12_000;
const MOST_WAITING = 10_000;
/** Two batches of 500 may be on their way besides. */
const MOST_IN_FLIGHT = 1_000;

let application: LedgerApplication;

beforeEach(async () => {
  application = await startLedgerApplication();
});
afterEach(async () => {
  await application.remove();
});

it('callers of buffered events wait while ten thousand wait for a stalled ledger, and none is dropped', async () => {
  const { audit, database } = application;
  let accepted = 0;
  let recorded: Promise<unknown> = Promise.resolve();
  await withClient(database.superuserUrl, async (other) => {
    await other.query('BEGIN');
    await other.query('LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE');
    recorded = Promise.all(
      Array.from({ length: EVENTS }, async (_, number) => {
        await audit.record('thing_change', { details: { number } }, { delivery: 'buffered' });
        accepted++;
      }),
    );
    await eventually(() => accepted >= MOST_WAITING);
    for (let turn = 0; turn < 100; turn++) await nextTurn();
    expect(accepted).toBeLessThanOrEqual(MOST_WAITING + MOST_IN_FLIGHT);
    await other.query('COMMIT');
  });
  await recorded;
  await audit.drain();

  expect(
    await runSql(
      database.url,
      `SELECT count(*)::int AS rows, count(DISTINCT details->>'number')::int AS numbers FROM audit_event WHERE action = 'thing_change'`,
    ),
  ).toEqual([{ rows: EVENTS, numbers: EVENTS }]);
});
