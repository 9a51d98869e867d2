import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runRetention } from '../../../src/monitoring/keep/lifecycle/retention/retention-run.js';
import { addEvents, ageLedger, eventually, freshKeyFile, makeSigner, ORIGIN, withClient } from '../../support/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { addEventsAt, makeArchives, policyBy } from '../../support/retention-scene.js';
import { startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { watched } from '../../support/watched.js';

let database: TestDatabase;
let keyFile: string;

beforeEach(async () => {
  database = await createTestDatabase();
  keyFile = freshKeyFile();
});
afterEach(() => database.drop());

async function start(): Promise<StreamApp> {
  const app = await startStreamApp(database, keyFile, [], { alerts: {}, origin: ORIGIN });
  await watched(database);
  return app;
}

async function details(type: string): Promise<readonly unknown[]> {
  await watched(database);
  return (await database.sql('SELECT details FROM audit_event WHERE type = $1 ORDER BY id', [type])).map(
    (row) => row.details,
  );
}

describe('what a rule reads is recorded by the ledger itself, and raises the alert:', () => {
  it('events that waited for longer than a minute for a leader, and none that waited for less, or for the first one', async () => {
    const startAfter = async (seconds: number): Promise<StreamApp> => {
      await withClient(database.url, (client) => addEvents(client, 3));
      await database.superuserSql(`UPDATE audit_inbox SET stored_at = clock_timestamp() - $1 * interval '1 second'`, [
        seconds,
      ]);
      return start();
    };
    await startAfter(3_600).then((app) => app.close()); // nothing could seal before
    expect(await details('audit_sealing_late')).toEqual([]);
    await ageLedger(database);
    await startAfter(10).then((app) => app.close());
    expect(await details('audit_sealing_late')).toEqual([]);
    const app = await startAfter(3_600);
    await eventually(async () => (await details('alert_raised')).length > 0); // by the application, while it runs
    expect(await details('audit_sealing_late')).toMatchObject([{ storedAt: expect.any(String) }]);
    expect(await details('alert_raised')).toMatchObject([{ rule: 'sealing_late', matchedCount: 1 }]);
    await app.close();
  });

  it('a retirement by a shorter policy than the last one, and none by a longer one', async () => {
    const { archives } = await makeArchives(await makeSigner(keyFile));
    const app = await start();
    const retire = async (time: string, days: number): Promise<void> => {
      await withClient(database.url, (client) => addEventsAt(client, time, 5));
      await watched(database);
      const policy = policyBy({ days });
      const { retired, problems } = await runRetention({ connectionUrl: database.url, archives, policy });
      expect({ retired: retired.length, problems }).toEqual({ retired: 1, problems: [] });
    };
    await retire('2020-01-10T12:00:00.000Z', 1_000);
    await retire('2020-03-10T12:00:00.000Z', 1_200);
    expect(await details('audit_retention_changed')).toMatchObject([{ shortened: false }]);
    expect(await details('alert_raised')).toEqual([]);
    await retire('2020-05-10T12:00:00.000Z', 900);
    expect(await details('audit_retention_changed')).toMatchObject([{ shortened: false }, { shortened: true }]);
    expect(await details('alert_raised')).toMatchObject([{ rule: 'retention_shortened', matchedCount: 1 }]);
    await app.close();
  });
});
