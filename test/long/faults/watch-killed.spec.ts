import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { catalogueFactRules, type AuditEvent } from '../../../src/audit/index.js';
import { insertEvents } from '../../../src/modules/monitoring/store/insert-events.js';
import { sealEvents } from '../../../src/modules/monitoring/store/seal-row.js';
import { failed, login } from '../../integration/watch/histories/history.js';
import { eventually } from '../../support/eventually.js';
import { runSql, withClient } from '../../support/sql.js';
import { StreamProcesses } from '../../support/stream-processes.js';
import { MOMENTS } from './support/fault-matrix.js';
import { between, FAULT_SEED, randomOf } from './support/random.js';

const KILLS = Math.ceil(MOMENTS / 2);
/** A kill comes so long after a transaction of the watch was seen, at most. It takes some 20 ms. */
const LONGEST_MS = 25;
const SLICE_MS = 50;
/** As many accounts are under attack at a time, each with one event a slice. */
const AT_A_TIME = 12;
/** So far apart, in the time of the events, that no rule counts two accounts together. */
const APART_MINUTES = 45;

/** The instance that has the position of the watch, within a transaction. */
const WATCHING = `
  SELECT a.application_name AS name, a.pid AS session FROM pg_locks l JOIN pg_stat_activity a USING (pid)
   WHERE l.relation = 'audit_watch'::regclass AND l.mode = 'RowShareLock' AND l.granted AND a.application_name LIKE 'instance-%'`;

const ALERTS = `
  SELECT details->>'rule' || ' of ' || (SELECT value #>> '{}' FROM json_each(personal) WHERE key LIKE '/details/group/%') AS alert
    FROM audit_event WHERE type = 'alert_raised' AND details->>'rule' NOT IN ('sealing_late', 'recording_degraded')`;

/** What happens to one account, by its number, one event after the other, and the alerts of it. */
interface Attack {
  readonly events: readonly AuditEvent[];
  readonly alerts: readonly string[];
}

const tenFailures = (minute: number, name: string, apart: number): readonly AuditEvent[] =>
  Array.from({ length: 10 }, (_, index) => failed(minute + index * apart, name, { tenantId: 'acme' }));

const KINDS: readonly ((minute: number, name: string) => Attack)[] = [
  (minute, name) => ({ events: tenFailures(minute, name, 1), alerts: [`brute_force of ${name}`] }),
  (minute, name) => ({
    events: [...tenFailures(minute, name, 0.5), login(minute + 9, name, { tenantId: 'acme' })],
    alerts: [`brute_force of ${name}`, `success_after_brute_force of ${name}`],
  }),
  // Nearly: a little too slow, one too few before the log-in, and nine in each of two tenants.
  (minute, name) => ({ events: tenFailures(minute, name, 1.12), alerts: [] }),
  (minute, name) => ({
    events: [...tenFailures(minute, name, 0.5).slice(1), login(minute + 9, name, { tenantId: 'acme' })],
    alerts: [],
  }),
  (minute, name) => ({
    events: tenFailures(minute, name, 0.5)
      .slice(1)
      .flatMap((event) => [event, failed(minute + 5, name, { tenantId: 'other' })]),
    alerts: [],
  }),
];

let scene: StreamProcesses;

beforeEach(async () => {
  scene = await StreamProcesses.open({ isStored: true }); // no stream
});
afterEach(() => scene.close());

/** Attacks account after account, some at a time, until `work` resolves and each attack is whole. Resolves with the alerts of them. */
async function attackDuring(work: () => Promise<void>): Promise<readonly string[]> {
  const rules = catalogueFactRules();
  const alerts: string[] = [];
  let [number, isDone] = [0, false];
  const flowing = withClient(scene.database.url, async (client) => {
    let left: (readonly AuditEvent[])[] = [];
    while (!isDone || left.length > 0) {
      while (!isDone && left.length < AT_A_TIME) {
        const attack = KINDS[number % KINDS.length]?.(number * APART_MINUTES, `account-${number}`);
        alerts.push(...(attack?.alerts ?? []));
        left.push(attack?.events ?? []);
        number += 1;
      }
      await client.query(
        insertEvents(
          sealEvents(
            left.flatMap((events) => events.slice(0, 1)),
            () => rules,
          ),
        ),
      );
      left = left.map((events) => events.slice(1)).filter((events) => events.length > 0);
      await pause(SLICE_MS);
    }
  });
  try {
    await work();
  } finally {
    isDone = true;
    await flowing;
  }
  return alerts;
}

it('two instances raise each alert once, and none for what is nearly an attack, whenever one of them is killed', async () => {
  const random = randomOf('watch-killed');
  await Promise.all([scene.start(), scene.start()]);
  await eventually(async () => (await runSql(scene.database.url, 'SELECT FROM audit_watch')).length === 1);
  const expected = await attackDuring(async () => {
    for (let kill = 1; kill <= KILLS; kill++) {
      const watching = await eventually(() => scene.instanceThat(WATCHING));
      await pause(between(random, 0, LONGEST_MS));
      await scene.kill(watching.app);
      await scene.start();
    }
  });
  await scene.sealedAndWatched();

  const raised = (await runSql(scene.database.url, ALERTS)).map(({ alert }) => String(alert));
  expect(raised.toSorted()).toEqual(expected.toSorted());
  expect(expected.length).toBeGreaterThan(KILLS);
  process.stdout.write(`watch-killed: ${KILLS} kills, ${raised.length} alerts, FAULT_SEED=${FAULT_SEED}\n`);
});
