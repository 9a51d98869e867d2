import { describe, expect, it } from '@jest/globals';
import { linkRules } from '../../../src/extensions/alerts/rules/link-rules.js';
import { parseRules } from '../../../src/extensions/alerts/rules/parse-rules.js';
import { SHIPPED_RULES } from '../../../src/extensions/alerts/shipped-rules/shipped-rules.generated.js';
import { freshKeyFile, testDatabase } from '../../support/index.js';
import { startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { store, watched } from '../../support/watched.js';
import { withTiming } from '../../support/with-timing.js';
import { ACCOUNT_HISTORIES } from './histories/account-histories.js';
import { BLINDNESS_HISTORIES } from './histories/blindness-histories.js';
import { LOG_IN_HISTORIES } from './histories/login-histories.js';
import { PUBLIC_HISTORIES, PUBLIC_RULES } from './histories/public-histories.js';
import { WINDOW_HISTORIES, WINDOW_KINDS } from './histories/window-histories.js';

withTiming({ questionMs: 200 }); // no application seals what the commands record

/** Each history has a tenant of its own, since rules count the events of a tenant. */
const HISTORIES = [
  ...LOG_IN_HISTORIES,
  ...ACCOUNT_HISTORIES,
  ...BLINDNESS_HISTORIES,
  ...WINDOW_HISTORIES,
  ...PUBLIC_HISTORIES,
].map((history, index) => ({ ...history, tenantId: `tenant-${index}` }));

const LINKED = linkRules(parseRules(SHIPPED_RULES).rules).rules;
const SHIPPED = LINKED.map(({ rule }) => rule.name);

const database = await testDatabase();
const keyFile = freshKeyFile();
const start = () => startStreamApp(database, keyFile, [], { alerts: { rules: [PUBLIC_RULES] } });
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
  await watched(database);
  await store(database, half);
  await watched(database);
  await app.close();
}
const alerts = await readAlerts();

async function readAlerts(): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await database.sql(`SELECT tenant_id AS tenant, details->>'rule' AS rule,
            coalesce((SELECT string_agg(value #>> '{}', '+') FROM json_each(personal) WHERE key LIKE '/details/group/%'),
                     (SELECT string_agg(value #>> '{}', '+') FROM json_each(details->'group'))) AS "group"
       FROM audit_event JOIN audit_leaf ON event_id = id WHERE type = 'alert_raised' ORDER BY index`);
  const found = new Map<string, string[]>();
  for (const { tenant, rule, group } of rows) {
    const alert = typeof group === 'string' ? `${String(rule)} of ${group}` : String(rule);
    found.set(String(tenant), [...(found.get(String(tenant)) ?? []), alert]);
  }
  return found;
}

describe('a history', () => {
  it.each(HISTORIES.map((history) => [history.rule, history.message, history] as const))(
    'for %s: %s',
    (_, __, { tenantId, alerts: wanted }) => {
      expect([...(alerts.get(tenantId) ?? [])].toSorted()).toEqual([...wanted].toSorted());
    },
  );

  it.each(SHIPPED)(
    'is there for %s: one that it finds, one that is nearly one, and each kind for a rule with a time',
    (name) => {
      const own = HISTORIES.filter(({ rule }) => rule === name);
      const finds = own.filter((history) => history.alerts.some((alert) => alert.split(' of ')[0] === name));
      expect({ finds: finds.length > 0, isNear: finds.length < own.length }).toEqual({ finds: true, isNear: true });
      const { rule } = LINKED.find((linked) => linked.rule.name === name) ?? {};
      const message = own.map((history) => history.message);
      expect(message).toEqual(expect.arrayContaining(rule?.kind === 'event' ? [] : [...WINDOW_KINDS]));
    },
  );

  it('raises no alert for a tenant that has none', () => {
    expect([...alerts.keys()].filter((tenant) => !HISTORIES.some(({ tenantId }) => tenantId === tenant))).toEqual([]);
  });
});
