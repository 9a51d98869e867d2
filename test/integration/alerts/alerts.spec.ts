import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AuditEvent } from '../../../src/audit/index.js';
import { eventually, freshKeyFile, sampleEvent, settled, testDatabase } from '../../support/index.js';
import { idAt } from '../../support/sample-event.js';
import { startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { store, watched } from '../../support/watched.js';

const NOON = Date.parse('2026-11-20T12:00:00Z');

interface Alert {
  readonly rule: string;
  readonly matched: number;
  readonly group: string | null;
  readonly tenant: string | null;
}

function login(
  outcome: 'failed' | 'success',
  minute: number,
  username: string,
  ip = '203.0.113.7',
  tenantId = 'acme',
): AuditEvent {
  const occurredAt = new Date(NOON + minute * 60_000).toISOString();
  return sampleEvent({
    ...{ id: idAt(occurredAt), occurredAt },
    type: `user_login_${outcome}`,
    action: 'user_login',
    outcome: outcome === 'failed' ? 'failure' : 'success',
    category: 'authentication',
    actor: { type: 'anonymous' },
    tenantId,
    request: { id: 'r-1', ip },
    details: { username },
  });
}

function many(count: number, make: (index: number) => AuditEvent): readonly AuditEvent[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A crash ends the sessions of an instance even amid a transaction. */
const KILL = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ ' (background|consumers)$'`;
let apps: StreamApp[];

const database = await testDatabase();
const keyFile = freshKeyFile();
beforeEach(() => {
  apps = [];
});
afterEach(async () => {
  for (const app of apps) await app.close();
});

async function start(): Promise<StreamApp> {
  const app = await startStreamApp(database, keyFile, [], { alerts: {} });
  apps.push(app);
  await watched(database);
  return app;
}

async function stop(app: StreamApp): Promise<void> {
  apps = apps.filter((each) => each !== app);
  await app.close();
}

async function alertsSince(first: number): Promise<readonly Alert[]> {
  await watched(database);
  const rows = await database.sql(
    `SELECT details->>'rule' AS rule, json_array_length(details->'matched') AS matched, tenant_id AS tenant,
              (SELECT string_agg(value #>> '{}', '+') FROM json_each(personal) WHERE key LIKE '/details/group/%') AS "group"
         FROM audit_event JOIN audit_leaf ON event_id = id WHERE type = 'alert_raised' AND index >= $1 ORDER BY index`,
    [first],
  );
  return rows as unknown as readonly Alert[]; // as they are selected
}

async function size(): Promise<number> {
  await watched(database);
  return settled(database);
}

describe('rules over the sealed events', () => {
  it('find each match once, with two instances whose sessions are killed ten times within attacks', async () => {
    const people = Array.from({ length: 5 }, (_, index) => `killed-${index}`);
    await start();
    const first = await start().then(() => size());
    for (const [round, person] of people.entries()) {
      const attempts = many(10, (index) => login('failed', 2_000 + round * 30 + index / 10, person));
      await store(database, attempts.slice(0, 5));
      await eventually(async () => (await database.superuserSql(KILL)).length > 0);
      await store(database, attempts.slice(5));
      await database.superuserSql(KILL);
    }
    const alerts = await alertsSince(first);
    expect(alerts.map(({ rule, group }) => `${rule} ${group}`)).toEqual(
      people.map((person) => `brute_force ${person}`),
    );
  });

  it('begin at the end of the ledger, and resume where the last instance stopped', async () => {
    const app = await start();
    const first = await size();
    await stop(app);
    await store(
      database,
      many(10, () => login('failed', 900, 'dan')),
    );
    expect(
      await database.sql(`SELECT FROM audit_event WHERE type = 'alert_raised' AND personal::text LIKE '%dan%'`),
    ).toEqual([]);
    await start();
    expect(await alertsSince(first)).toEqual([{ rule: 'brute_force', matched: 10, group: 'dan', tenant: 'acme' }]);
  });

  it('of a file of the team run as well, and mistakes in it end the boot with their line', async () => {
    const file = join(dirname(keyFile), `rules-${Math.random()}.yml`);
    await writeFile(
      file,
      'title: Orders\nname: orders\ndetection:\n  made: { typ: order_created }\n  condition: made\n',
    );
    await expect(startStreamApp(database, keyFile, [], { alerts: { rules: [file] } })).rejects.toThrow(
      expect.objectContaining({ code: 'AUDIT_OPTIONS_INVALID' }),
    );
    await expect(startStreamApp(database, keyFile, [], { alerts: { rules: [file] } })).rejects.toThrow(
      `${file}:4: detection.made.typ: typ is an unknown field (did you mean type?)`,
    );
    await writeFile(
      file,
      'title: Orders\nname: orders\nlevel: low\ndetection:\n  made: { type: order_created, resourceId: o-77 }\n  condition: made\n',
    );
    const app = await startStreamApp(database, keyFile, [], { alerts: { rules: [file], shipped: false } });
    apps.push(app);
    const first = await size();
    await store(database, [
      sampleEvent(),
      sampleEvent({ resource: { type: 'order', id: 'o-77' } }),
      sampleEvent({ resource: { type: 'order', id: 'o-77' } }),
    ]);
    expect(await alertsSince(first)).toEqual([{ rule: 'orders', matched: 1, group: null, tenant: 'acme' }]);
  });
});
