import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditEvent } from '../../../src/audit/index.js';
import { createTestDatabase, freshKeyFile } from '../../support/index.js';
import { startStreamApp } from '../../support/stream-app.js';
import { tempFolder } from '../../support/temp-folder.js';
import { store, watched } from '../../support/watched.js';
import { withTiming } from '../../support/with-timing.js';
import { at } from './histories/history.js';

withTiming({ questionMs: 200 });

const SPAN_MINUTES = 10;
const THRESHOLD = 3;
const REPEAT_MINUTES = 5;

const RULES = `
title: A login failed
name: failed
detection: { selection: { type: user_login_failed }, condition: selection }
---
title: A login succeeded
name: succeeded
detection: { selection: { type: user_login_success }, condition: selection }
---
title: An event has the number 1 or is a login, and does not come from b
name: mixed
detection:
  numbers: { details.number: 1 }
  logins: { type: user_login_success }
  sources: { details.source: b }
  condition: (numbers or logins) and not sources
x-ledger: { group-by: [details.who], repeat-after: ${REPEAT_MINUTES}m }
---
title: Many logins failed
name: many_failed
correlation: { type: event_count, rules: [failed], group-by: [details.who], timespan: ${SPAN_MINUTES}m, condition: { gte: ${THRESHOLD} } }
x-ledger: { alert: true }
---
title: Many logins failed or succeeded
name: many_logins
correlation:
  { type: event_count, rules: [failed, succeeded], group-by: [details.who], timespan: ${SPAN_MINUTES}m, condition: { gte: ${THRESHOLD} } }
---
title: Logins failed from many sources
name: many_sources
correlation:
  { type: value_count, rules: [failed], group-by: [details.who], timespan: ${SPAN_MINUTES}m, condition: { gte: ${THRESHOLD}, field: details.source } }
---
title: A login succeeded after a failed one
name: succeeded_after_failed
correlation: { type: temporal_ordered, rules: [failed, succeeded], group-by: [details.who], timespan: ${SPAN_MINUTES}m }
x-ledger: { repeat-after: ${REPEAT_MINUTES}m }
---
title: A login succeeded after many failed ones
name: succeeded_after_many
correlation: { type: temporal_ordered, rules: [many_failed, succeeded], group-by: [details.who], timespan: ${SPAN_MINUTES}m }
x-ledger: { repeat-after: ${REPEAT_MINUTES}m }
`;

const NAMES = ['user_login_failed', 'user_login_success', 'user_created'] as const;

interface Act {
  readonly minute: number;
  readonly name: (typeof NAMES)[number];
  readonly who: string;
  readonly source: string;
  readonly number: number;
}

type Match = Pick<Act, 'minute' | 'source'>;

const ANY_ACT = fc.record({
  minute: fc.integer({ min: 0, max: 400 }).map((tenths) => tenths / 10),
  name: fc.constantFrom(...NAMES.slice(0, 1), ...NAMES),
  who: fc.constantFrom('ada', 'bob'),
  source: fc.constantFrom('a', 'b', 'c', 'd'),
  number: fc.integer({ min: 0, max: 1 }),
});
const ANY_HISTORY = fc.record({
  acts: fc
    .uniqueArray(ANY_ACT, { maxLength: 40, selector: ({ minute }) => minute })
    .map((acts) => acts.toSorted((one, other) => one.minute - other.minute)),
  parts: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 40, maxLength: 40 }), // of each act: the batch that seals it
});

/** The alerts of a history by the definition, without SQL: `rule of who at minute`. */
function defineAlerts(acts: readonly Act[]): readonly string[] {
  return ['ada', 'bob'].flatMap((who) => {
    const own = acts.filter((act) => act.who === who);
    const named = (...names: readonly string[]) => own.filter(({ name }) => names.includes(name));
    const failed = named('user_login_failed');
    const succeeded = named('user_login_success');
    const mixed = own.filter(
      ({ name, number, source }) => (number === 1 || name === 'user_login_success') && source !== 'b',
    );
    const found = {
      mixed: withoutRepeats(mixed),
      many_failed: risingEdges(failed, countEvents),
      many_logins: risingEdges(named('user_login_failed', 'user_login_success'), countEvents),
      many_sources: risingEdges(failed, countSources),
      succeeded_after_failed: withoutRepeats(follow(failed, succeeded)),
      succeeded_after_many: withoutRepeats(
        follow(
          failed.filter((match) => countEvents(inWindow(failed, match)) >= THRESHOLD),
          succeeded,
        ),
      ),
    };
    return Object.entries(found).flatMap(([rule, matches]) =>
      matches.map(({ minute }) => `${rule} of ${who} at ${minute}`),
    );
  });
}

const isWithin = (from: Match, to: Match, minutes: number) =>
  Math.round((to.minute - from.minute) * 10) <= minutes * 10 && from.minute <= to.minute;
const inWindow = (matches: readonly Match[], end: Match) =>
  matches.filter((match) => isWithin(match, end, SPAN_MINUTES));
const countEvents = (matches: readonly Match[]) => matches.length;
const countSources = (matches: readonly Match[]) => new Set(matches.map(({ source }) => source)).size;
const follow = (first: readonly Match[], second: readonly Match[]) =>
  second.filter((match) => inWindow(first, match).length > 0);
const withoutRepeats = (matches: readonly Match[]) =>
  matches.filter((match, nth) => {
    const before = matches[nth - 1];
    return !before || !isWithin(before, match, REPEAT_MINUTES);
  });

function risingEdges(matches: readonly Match[], count: (window: readonly Match[]) => number): readonly Match[] {
  const isReached = (match: Match | undefined) => match !== undefined && count(inWindow(matches, match)) >= THRESHOLD;
  return matches.filter((match, nth) => isReached(match) && !isReached(matches[nth - 1]));
}

const histories = fc.sample(ANY_HISTORY, 60).map((history, nth) => ({
  ...history,
  inOrder: `in-order-${nth}`,
  shuffled: `shuffled-${nth}`,
}));

const database = await createTestDatabase();
const rules = join(await tempFolder('audit-rules-'), 'rules.yml');
await writeFile(rules, RULES);
const app = await startStreamApp(database, freshKeyFile(), [], { alerts: { rules: [rules], shipped: false } });
afterAll(async () => {
  await app.close();
  await database.drop();
});

await watched(database); // new rules begin with the events of the last day

const START = Date.parse(at(0, 'user_created').occurredAt);
const LATEST_MINUTE = 40;
for (const part of [0, 1, 2]) {
  const events = histories.flatMap(({ acts, parts, inOrder, shuffled }) => [
    ...acts
      .filter(({ minute }) => Math.floor((minute / (LATEST_MINUTE + 1)) * 3) === part)
      .map((act) => toEvent(act, inOrder)),
    ...acts.filter((_, nth) => parts[nth] === part).map((act) => toEvent(act, shuffled)),
  ]);
  await store(database, events);
  await watched(database);
}
const raised = await readAlerts();

function toEvent({ minute, name, who, source, number }: Act, tenantId: string): AuditEvent {
  return { ...at(minute, name, { details: { who, source, number } }), tenantId };
}

async function readAlerts(): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await database.sql(`
    SELECT tenant_id, details->>'rule' AS rule, coalesce(details#>>'{group,details.who}', personal->>'/details/group/details.who') AS who,
           details->>'lastAt' AS at
      FROM audit_event WHERE type = 'alert_raised'`);
  const found = new Map<string, string[]>();
  for (const { tenant_id: tenant, rule, who, at: time } of rows) {
    const minute = (Date.parse(String(time)) - START) / 60_000;
    const alert = `${String(rule)} of ${String(who)} at ${minute}`;
    found.set(String(tenant), [...(found.get(String(tenant)) ?? []), alert]);
  }
  return found;
}

describe('the alerts of a random history', () => {
  it.each(histories)('are those of the definition if it is sealed in the order of time, as $inOrder', (history) => {
    const alerts = (raised.get(history.inOrder) ?? []).toSorted();
    expect({ acts: history.acts, alerts }).toEqual({
      acts: history.acts,
      alerts: defineAlerts(history.acts).toSorted(),
    });
  });

  it.each(histories)(
    'include those of the definition if some of its events are sealed late, as $shuffled',
    (history) => {
      const alerts = raised.get(history.shuffled) ?? [];
      const missing = defineAlerts(history.acts).filter((alert) => !alerts.includes(alert));
      expect({ acts: history.acts, missing }).toEqual({ acts: history.acts, missing: [] });
    },
  );
});
