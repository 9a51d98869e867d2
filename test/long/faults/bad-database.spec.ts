import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../../../src/shop/database/index.js';
import { eventually, runSql, settled } from '../../support/index.js';
import { grantLedger, getServerUrl, startLedgerScene, type LedgerScene } from './support/ledger-scene.js';
import { makeLedgerRoles } from '../../support/make-ledger-roles.js';

/** Longer than a busy machine takes to store an event. */
const PROVIDER_TIMEOUT_MS = 10_000;
/** For faults during which requests wait until this time is over. */
const SHORT_TIMEOUT_MS = 2_000;
const REQUESTS = 5;

let scene: LedgerScene;

beforeEach(async () => {
  scene = await startLedgerScene(PROVIDER_TIMEOUT_MS);
});
afterEach(async () => {
  await scene.close();
});

async function hurry(): Promise<void> {
  await scene.close();
  scene = await startLedgerScene(SHORT_TIMEOUT_MS);
}

async function record(status: 'recorded' | 'spilled'): Promise<readonly string[]> {
  const answers = [];
  for (let count = 0; count < REQUESTS; count++) answers.push(await scene.send());
  expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 201));
  expect(answers.map(({ receipt }) => receipt.providers.database?.status)).toEqual(answers.map(() => status));
  return answers.map(({ receipt }) => receipt.eventId);
}

async function expectNothingLost(fault: {
  readonly strike: () => Promise<unknown>;
  readonly repair: () => Promise<unknown>;
  readonly message: RegExp;
}): Promise<void> {
  const before = await record('recorded');
  await fault.strike();
  const during = await record('spilled');
  expect(await scene.health()).toMatchObject({ spillPending: true, failed: 0 });
  // The sequencer and the self-check may meet the fault as well, and log it themselves.
  const telling = scene.complaints.filter((line) => line.startsWith('Cannot store') && fault.message.test(line));
  expect({ complaints: scene.complaints, telling }).toMatchObject({ telling: [expect.any(String)] });
  await fault.repair();
  await eventually(async () => !(await scene.health()).spillPending);
  const ids = [...before, ...during, ...(await record('recorded'))];
  await settled(scene.database);
  expect(await scene.countEvents(ids)).toEqual(ids.map(() => 1));
  expect(await scene.health()).toMatchObject({ failed: 0, store: { partitions: { partitions: expect.any(Number) } } });
}

const thisMonth = (): string => `audit_event_${new Date().toISOString().slice(0, 7).replace('-', '_')}`;

async function alterRole(change: string): Promise<void> {
  await scene.asSuperuser(`ALTER ROLE ${scene.role} ${change}`);
  await scene.disconnect();
}

describe('while the ledger', () => {
  it('is locked by somebody else, events wait in the spill', async () => {
    await hurry();
    const holder = new pg.Client({ connectionString: scene.database.superuserUrl });
    await holder.connect();
    try {
      await expectNothingLost({
        strike: async () => {
          await holder.query('BEGIN');
          await holder.query('LOCK TABLE audit_inbox IN ACCESS EXCLUSIVE MODE');
        },
        repair: () => holder.query('ROLLBACK'),
        message: /lock timeout \(55P03\)\. End the session that holds the lock/,
      });
    } finally {
      await holder.end();
    }
  });

  it('knows another password, the log says to correct it, and does not show it', async () => {
    await expectNothingLost({
      strike: () => alterRole(`PASSWORD 'wrong'`),
      repair: () => alterRole(`PASSWORD 'right'`),
      message: /\(28P01\)\. Correct user and password/,
    });
    expect(scene.complaints.join()).not.toMatch(/'right'|:right@/);
  });

  it('has a server that stopped answering, the connection is given up', async () => {
    await hurry();
    const stopped = (signal: NodeJS.Signals) => async () => {
      const sessions = await scene.asSuperuser(`SELECT pid FROM pg_stat_activity WHERE usename = '${scene.role}'`);
      for (const { pid } of sessions) {
        try {
          process.kill(Number(pid), signal);
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // it just ended
        }
      }
    };
    let ids = await record('recorded');
    await stopped('SIGSTOP')();
    try {
      const { status, receipt } = await scene.send();
      expect({ status, database: receipt.providers.database?.status }).toEqual({ status: 201, database: 'spilled' });
      // The ledger gives up the hung connections and opens a new one.
      await eventually(async () => !(await scene.health()).spillPending);
      ids = [...ids, receipt.eventId, ...(await record('recorded'))];
      expect(await scene.countEvents(ids)).toEqual(ids.map(() => 1));
    } finally {
      await stopped('SIGCONT')();
    }
    await settled(scene.database);
    expect(await scene.countEvents(ids)).toEqual(ids.map(() => 1));
  });
});

describe('a month that is missing', () => {
  it('and may not be made, is asked for in the log', async () => {
    const right = 'EXECUTE ON FUNCTION audit_event_make_partition(timestamptz)';
    const before = await record('recorded');
    await settled(scene.database);
    const roles = 'audit_sequencer';
    await scene.asSuperuser(`REVOKE ${right} FROM ${roles}`);
    await scene.asSuperuser(`ALTER TABLE audit_event DETACH PARTITION ${thisMonth()}`);
    const during = await record('recorded'); // and sealed when the month is there

    const telling = 'permission denied for function audit_event_make_partition (42501). Run a command';
    await eventually(() => scene.complaints.some((line) => line.includes(telling)));
    await scene.asSuperuser(`ALTER TABLE ${thisMonth()} RENAME TO kept_aside`);
    await scene.asSuperuser(`GRANT ${right} TO ${roles}`);
    await settled(scene.database);
    expect(await scene.countEvents(during)).toEqual(during.map(() => 1));
    expect(await scene.countEvents(before)).toEqual(before.map(() => 0)); // in the month that was taken away
  });
});

it('a database that is dropped is said to be missing, and takes what waited when it is made again', async () => {
  const { name } = scene.database;
  await record('recorded');
  await runSql(getServerUrl(scene.database), `DROP DATABASE ${name} WITH (FORCE)`);
  const during = await record('spilled');
  expect((await scene.health()).error).toMatch(/\(3D000\)\. Create the database/);

  await runSql(getServerUrl(scene.database), `CREATE DATABASE ${name} OWNER app`);
  await makeLedgerRoles(scene.database.superuserUrl, scene.database.url);
  await migrate(scene.database.url);
  await grantLedger(scene.database, scene.role);
  await eventually(async () => !(await scene.health()).spillPending);
  expect(await scene.countEvents(during)).toEqual(during.map(() => 1));
});
