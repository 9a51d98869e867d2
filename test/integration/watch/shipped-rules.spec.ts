import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../src/audit/index.js';
import { command as watchTest } from '../../../src/cli/watch-test.command.js';
import { ownEventRules } from '../../../src/modules/monitoring/access/own-events.js';
import { linkRules } from '../../../src/modules/monitoring/watch/rules/link-rules.js';
import { parseRules } from '../../../src/modules/monitoring/watch/rules/parse-rules.js';
import { SHIPPED_RULES } from '../../../src/modules/monitoring/watch/shipped/shipped-rules.generated.js';
import { insertEvents } from '../../../src/modules/monitoring/store/insert-events.js';
import { sealEvents } from '../../../src/modules/monitoring/store/seal-row.js';
import { eventually } from '../../support/eventually.js';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { runSql, withClient } from '../../support/sql.js';
import { startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { ACCOUNT_HISTORIES } from './histories/account-histories.js';
import { BLINDNESS_HISTORIES } from './histories/blindness-histories.js';
import { LOG_IN_HISTORIES } from './histories/log-in-histories.js';
import { PUBLIC_HISTORIES, PUBLIC_RULES } from './histories/public-histories.js';

/** Each of a tenant of its own: rules count the events of a tenant. */
const HISTORIES = [...LOG_IN_HISTORIES, ...ACCOUNT_HISTORIES, ...BLINDNESS_HISTORIES, ...PUBLIC_HISTORIES].map(
  (history, index) => ({ ...history, tenantId: `tenant-${index}` }),
);

let database: TestDatabase;
let alerts: ReadonlyMap<string, readonly string[]>;

/** All histories at once, their events mixed, with a restart in the middle of each. */
beforeAll(async () => {
  database = await createTestDatabase();
  const keyFile = freshKeyFile();
  const start = () =>
    startStreamApp(database, keyFile, [], { watch: { rules: [PUBLIC_RULES], enable: ['off_hours'] } });
  const halves = [0, 1].map((half) =>
    HISTORIES.flatMap(({ events, tenantId }) => {
      const middle = Math.ceil(events.length / 2);
      const part = half === 0 ? events.slice(0, middle) : events.slice(middle);
      return part.map((event, nth) => ({ nth, event: { ...event, tenantId: event.tenantId ?? tenantId } }));
    })
      .toSorted((one, other) => one.nth - other.nth)
      .map(({ event }) => event),
  );
  for (const half of halves) {
    const app: StreamApp = await start();
    await watched();
    await store(half);
    await watched();
    await app.close();
  }
  alerts = await readAlerts();
});

afterAll(async () => {
  await database.drop();
});

async function store(events: readonly AuditEvent[]): Promise<void> {
  await withClient(database.url, (client) => client.query(insertEvents(sealEvents(events, ownEventRules))));
}

async function watched(): Promise<void> {
  await eventually(async () => {
    const [row] = await runSql(
      database.url,
      `SELECT EXISTS (SELECT FROM audit_unsequenced) AS waits,
              (SELECT place FROM audit_watch) = (SELECT coalesce(max(size), 0) FROM audit_checkpoint) AS is_done`,
    );
    return row?.waits === false && row.is_done === true;
  });
}

async function readAlerts(): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await runSql(
    database.url,
    `SELECT tenant_id AS tenant, details->>'rule' AS rule,
            coalesce((SELECT string_agg(value #>> '{}', '+') FROM json_each(personal) WHERE key LIKE '/details/group/%'),
                     (SELECT string_agg(value #>> '{}', '+') FROM json_each(details->'group'))) AS "group"
       FROM audit_event JOIN audit_leaf ON event_id = id WHERE type = 'alert_raised' ORDER BY index`,
  );
  const found = new Map<string, string[]>();
  for (const { tenant, rule, group } of rows) {
    const alert = typeof group === 'string' ? `${String(rule)} of ${group}` : String(rule);
    found.set(String(tenant), [...(found.get(String(tenant)) ?? []), alert]);
  }
  return found;
}

describe('a history', () => {
  it.each(HISTORIES.map((history) => [history.rule, history.says, history] as const))(
    'for %s: %s',
    (_, __, { tenantId, alerts: wanted }) => {
      expect([...(alerts.get(tenantId) ?? [])].toSorted()).toEqual([...wanted].toSorted());
    },
  );

  it('is there for each rule that raises alerts, one that it finds', () => {
    const { rules } = linkRules(parseRules(SHIPPED_RULES).rules);
    const found = new Set(HISTORIES.flatMap((history) => history.alerts.map((alert) => alert.split(' of ')[0])));
    expect(rules.filter(({ rule, alerts: raises }) => raises && !found.has(rule.name))).toEqual([]);
  });

  it.each(['brute_force', 'distributed_spray', 'mfa_disabled', 'dormant_account', 'new_administrator_deletes'])(
    'has as many alerts of %s where "watch test" runs it again, which raises none',
    async (rule) => {
      const before = await readAlerts();
      const { exitCode, output = '' } = await watchTest.run([rule, '--json', '--database-url', database.url]);
      expect(exitCode).toBe(0);
      const found = (JSON.parse(output) as { readonly alerts: readonly { readonly tenantId: string }[] }).alerts;
      const live = [...before].flatMap(([tenant, list]) =>
        list.filter((alert) => alert.split(' of ')[0] === rule).map(() => tenant),
      );
      expect(found.map(({ tenantId }) => tenantId).toSorted()).toEqual(live.toSorted());
      expect(await readAlerts()).toEqual(before);
    },
  );

  it('raises no alert for a tenant that has none', () => {
    expect([...alerts.keys()].filter((tenant) => !HISTORIES.some(({ tenantId }) => tenantId === tenant))).toEqual([]);
  });
});
