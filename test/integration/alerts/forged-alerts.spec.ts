import { afterAll, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../src/audit/index.js';
import { buildOwnEvent } from '../../../src/audit/build-own-event.js';
import { LedgerProvider } from '../../../src/monitoring/ledger.provider.js';
import { createTestDatabase, eventually, freshKeyFile, sampleEvent } from '../../support/index.js';
import { idAt } from '../../support/sample-event.js';
import { startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { store, watched } from '../../support/watched.js';

const NOON = Date.parse('2026-11-18T12:00:00Z'); // a Wednesday

let persons = 0;

const person = (): string => `person-${++persons}-`;

/** Ten failed log-ins of an account are an attack. */
function failures(count: number, username: string, perSecond = 1, from = NOON): readonly AuditEvent[] {
  return Array.from({ length: count }, (_, index) =>
    sampleEvent({
      ...at(from + (index * 1_000) / perSecond),
      ...{ type: 'user_login_failed', action: 'user_login', outcome: 'failure', category: 'authentication' },
      ...{ actor: { type: 'anonymous' }, details: { username } },
    }),
  );
}

function at(ms: number): Pick<AuditEvent, 'id' | 'occurredAt'> {
  const occurredAt = new Date(ms).toISOString();
  return { id: idAt(occurredAt), occurredAt };
}

let app: StreamApp;

const database = await createTestDatabase();
const keyFile = freshKeyFile();
await start();
await watched(database);
afterAll(async () => {
  await app.close();
  await database.drop();
});

async function start(): Promise<void> {
  app = await startStreamApp(database, keyFile, [], { alerts: {} });
}

const forge = (sql: string) => database.superuserSql(sql);
const keepRow = () => forge('CREATE TABLE kept_row AS TABLE audit_consumer');
const putRowBack = () =>
  forge('DELETE FROM audit_consumer; INSERT INTO audit_consumer TABLE kept_row; DROP TABLE kept_row');

async function problem(): Promise<string | undefined> {
  const report = await app.app.get(LedgerProvider).check();
  return (report as { readonly problem?: string }).problem;
}

const isReported = () => eventually(async () => (await problem())?.includes('Cannot continue the consumer alerts: '));

async function alerts(username: string): Promise<number> {
  const [row] = await database.sql(
    `SELECT count(*)::int AS count FROM audit_event
        WHERE type = 'alert_raised' AND details->>'rule' = 'brute_force' AND personal::text LIKE '%' || $1 || '%'`,
    [username],
  );
  return Number(row?.count);
}

async function isFoundOnce(username: string): Promise<void> {
  await eventually(async () => (await alerts(username)) > 0);
  await watched(database);
  expect(await alerts(username)).toBe(1);
  await eventually(async () => (await problem()) === undefined);
}

/** The specs of streams have the other forgeries of a consumer's row. */
const SET_AHEAD = 'UPDATE audit_consumer SET position = 1000000000000000';

describe('the position of the watch', () => {
  it('that is set ahead is reported by a running instance, and hides no attack once it is put back', async () => {
    const username = person();
    await store(database, failures(5, username));
    await watched(database);
    await keepRow();
    await forge(SET_AHEAD);
    await store(database, failures(5, username));
    await isReported();
    await putRowBack();
    await isFoundOnce(username);
  });

  it('that is set ahead while no instance runs is reported by the next one', async () => {
    const username = person();
    await app.close();
    await store(database, failures(10, username));
    await keepRow();
    await forge(SET_AHEAD);
    await start();
    await isReported();
    await putRowBack();
    await isFoundOnce(username);
  });

  it('that is deleted begins again with the last day, and hides no attack', async () => {
    const username = person();
    await watched(database);
    await forge('DELETE FROM audit_consumer');
    await store(database, failures(10, username));
    await isFoundOnce(username);
  });

  it('that goes back to an earlier note evaluates the events since again', async () => {
    const username = person();
    await keepRow();
    await store(database, failures(10, username));
    await isFoundOnce(username);
    await putRowBack();
    await eventually(async () => (await alerts(username)) === 2);
    await eventually(async () => (await problem()) === undefined);
  });
});

describe('AlertsModule', () => {
  it('raises the alerts of 20 of 20 accounts for which a web process forged alerts', async () => {
    const usernames = Array.from({ length: 20 }, person);
    const forged = usernames.map((username) =>
      buildOwnEvent('alert_raised', {
        ...{ category: 'alert', severity: 'warning', actor: { type: 'system' }, tenantId: 'acme' },
        details: { rule: 'brute_force', group: { account: username }, matched: [], matchedCount: 10 },
      }),
    );
    await store(database, forged);
    await store(
      database,
      usernames.flatMap((username) => failures(10, username)),
    );
    await watched(database);
    const counts = await Promise.all(usernames.map(alerts));
    expect(counts).toEqual(usernames.map(() => 2)); // the forged one, and the real one
  });

  it('raises the alert of an account while 50 logins a second fail for another account', async () => {
    const [flooded, other] = [person(), person()];
    await store(database, failures(3_000, flooded, 50));
    await store(database, failures(10, other, 1, NOON + 60_000));
    await store(database, failures(3_000, flooded, 50, NOON + 60_000));
    await watched(database);
    expect({ flooded: await alerts(flooded), other: await alerts(other) }).toEqual({ flooded: 1, other: 1 });
  });
});
