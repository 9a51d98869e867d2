import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { catalogueFactRules, type AuditEvent } from '../../../src/audit/index.js';
import { Alerts, Suppressions, type Alert, type NewSuppression } from '../../../src/modules/monitoring/index.js';
import { insertEvents } from '../../../src/modules/monitoring/store/insert-events.js';
import { sealEvents } from '../../../src/modules/monitoring/store/seal-row.js';
import { eventually } from '../../support/eventually.js';
import { freshKeyFile } from '../../support/fresh-key-file.js';
import { sampleEvent } from '../../support/sample-event.js';
import { runSql, withClient } from '../../support/sql.js';
import { startStreamApp, type StreamApp } from '../../support/stream-app.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const ALL = { scope: 'all' } as const;
const HOUR_MS = 3_600_000;

describe('a suppression', () => {
  let database: TestDatabase;
  let app: StreamApp;

  beforeAll(async () => {
    database = await createTestDatabase();
    app = await startStreamApp(database, freshKeyFile(), [], { watch: {} });
    await watched();
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  afterEach(async () => {
    const { items } = await suppressions().list(ALL, { isActive: true });
    for (const { id } of items) await suppressions().end(ALL, id, 'the test is over');
  });

  function suppressions(): Suppressions {
    return app.app.get(Suppressions);
  }

  async function suppress(target: Partial<NewSuppression>): Promise<string> {
    const until = new Date(Date.now() + HOUR_MS).toISOString();
    const started = await suppressions().start(ALL, { until, reason: 'a load test', ...target });
    return String(started?.id);
  }

  /** Waits until every stored event, alerts included, is sealed and was looked at. */
  async function watched(): Promise<void> {
    await eventually(async () => {
      const [row] = await runSql(
        database.url,
        `SELECT EXISTS (SELECT FROM audit_unsequenced) AS waits, (SELECT place FROM audit_watch)
              = (SELECT coalesce(max(size), 0) FROM audit_checkpoint) AS is_done`,
      );
      return row?.waits === false && row.is_done === true;
    });
  }

  /** Ten failed log-ins of a name, and the alerts of it, by state. */
  async function attacked(username: string, tenantId = 'acme'): Promise<readonly Alert[]> {
    const rules = catalogueFactRules();
    const failed = (): AuditEvent =>
      sampleEvent({
        ...{ type: 'user_login_failed', action: 'user_login', outcome: 'failure', category: 'authentication' },
        ...{ actor: { type: 'anonymous' }, tenantId, details: { username } },
        request: { id: 'r-1', ip: '203.0.113.7' },
      });
    const events = Array.from({ length: 10 }, failed);
    await withClient(database.url, async (client) => {
      for (const event of events) await client.query(insertEvents(sealEvents([event], () => rules)));
    });
    await watched();
    const alerts = app.app.get(Alerts);
    const found = [await alerts.list(ALL), await alerts.list(ALL, { state: 'suppressed' })];
    return found.flatMap(({ items }) => items).filter(({ group }) => group?.account === username);
  }

  it('of a rule keeps all of its alerts back, counted and shown, until it is ended', async () => {
    const id = await suppress({ rule: 'brute_force' });
    expect(await attacked('ada')).toMatchObject([{ state: 'suppressed', suppressionId: id, matchedCount: 10 }]);
    expect(await attacked('bea')).toMatchObject([{ state: 'suppressed', suppressionId: id }]);
    expect((await suppressions().list(ALL)).items).toMatchObject([
      { id, rule: 'brute_force', isActive: true, reason: 'a load test', suppressed: 2 },
    ]);
    expect(await suppressions().end(ALL, id, 'it is over')).toMatchObject({ isActive: false, endReason: 'it is over' });
    expect(await attacked('cem')).toMatchObject([{ state: 'open' }]);
    expect(await suppressions().end(ALL, id, 'again')).toMatchObject({ endReason: 'it is over', suppressed: 2 });
  });

  it('of one group leaves the others alone', async () => {
    await suppress({ rule: 'brute_force', group: { account: 'load-test' } });
    expect(await attacked('load-test')).toMatchObject([{ state: 'suppressed' }]);
    expect(await attacked('dan')).toMatchObject([{ state: 'open' }]);
  });

  it('of one tenant leaves the others alone', async () => {
    await suppress({ rule: 'brute_force', tenantId: 'north' });
    expect(await attacked('eve', 'north')).toMatchObject([{ state: 'suppressed' }]);
    expect(await attacked('fay', 'south')).toMatchObject([{ state: 'open' }]);
  });

  it('of what is like an alert has its rule, group and tenant', async () => {
    const [alert] = await attacked('gil', 'north');
    await suppress({ alertId: String(alert?.id) });
    const [suppression] = (await suppressions().list(ALL, { isActive: true })).items;
    expect(suppression).toMatchObject({
      rule: 'brute_force',
      group: { account: 'gil' },
      tenantId: 'north',
    });
  });

  it('whose group was erased suppresses nothing, not everything', async () => {
    const id = await suppress({ rule: 'brute_force', group: { account: 'hal' } });
    expect((await suppressions().inForce()).map((each) => each.group)).toEqual([{ account: 'hal' }]);
    await runSql(database.url, `SELECT audit_erase(ARRAY['${id}'::uuid])`);
    expect(await suppressions().inForce()).toMatchObject([{ id, group: undefined, groupFields: ['account'] }]);
    expect(await attacked('ida')).toMatchObject([{ state: 'open' }]);
  });

  it.each([
    [{ rule: 'brute_forc' }, 'no rule is named brute_forc (did you mean brute_force?)'],
    [{ rule: 'brute_force', until: '2026-01-01' }, 'until is 2026-01-01'],
    [{ rule: 'brute_force', until: '2099-01-01' }, 'comes within 366 days'],
    [{ rule: 'brute_force', group: { acount: 'x' } }, 'brute_force groups its alerts by account, not by acount'],
    [{ rule: 'events_lost', group: { account: 'x' } }, 'events_lost does not group its alerts, not by account'],
    [{}, 'neither a rule nor an alert is named'],
  ])('is refused where it makes no sense: %j', async (target, problem) => {
    await expect(suppress(target)).rejects.toThrow(problem);
    expect((await suppressions().list(ALL, { isActive: true })).items).toEqual([]);
  });
});
