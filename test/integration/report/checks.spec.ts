import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHECKS } from '../../../src/modules/monitoring/report/checks/all-checks.js';
import { FRAMEWORKS } from '../../../src/modules/monitoring/report/frameworks/frameworks.js';
import type { Framework } from '../../../src/modules/monitoring/report/frameworks/framework.js';
import type { Report } from '../../../src/modules/monitoring/report/report.js';
import type { Verdict } from '../../../src/modules/monitoring/report/verdict.js';
import { makeSigner } from '../../support/log-scene.js';
import { BAD_SETTINGS, GOOD_SETTINGS, makeBadLedger, makeGoodLedger, reportOn } from '../../support/report-scene.js';
import { withClient } from '../../support/sql.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

type Ledger = 'bad' | 'empty';

/** Each check, a ledger in which it does not pass, and why. */
const ROWS: readonly (readonly [string, Ledger, Verdict, RegExp])[] = [
  ...[
    ...['data-access', 'administration', 'log-access', 'refused', 'authentication', 'authorization', 'credentials'],
    ...['access-rights', 'logging-changes', 'system-objects', 'changes', 'errors', 'erasures', 'subject-access'],
    'operation',
  ].map((name) => [`events.${name}`, 'empty', 'no-evidence', /no such event/] as const),
  ['content.fields', 'bad', 'fail', /1 without an actor/],
  ['content.time', 'bad', 'fail', /1 events have a time that lies ahead/],
  ['content.coverage', 'bad', 'fail', /DELETE \/orders\/:id/],
  ['integrity.verified', 'bad', 'fail', /tampered with: \d+ findings \(.*event_altered/],
  ['integrity.signed', 'empty', 'fail', /no signed checkpoint/],
  ['integrity.protected', 'bad', 'fail', /audit_event_append_only/],
  ['integrity.outside', 'bad', 'fail', /No checkpoint left the database/],
  ['integrity.copied', 'bad', 'fail', /were removed in the time range: siem/],
  ['integrity.losses', 'bad', 'fail', /1 times, a process reported lost events/],
  ['config.reads-recorded', 'bad', 'fail', /recordReads is false/],
  ['config.kept-a-year', 'bad', 'fail', /after 30 days/],
  ['config.kept-limited', 'bad', 'fail', /they stay forever/],
  ['config.watched', 'bad', 'fail', /watch is not set/],
  ['config.rows-captured', 'bad', 'fail', /missing or off: captured/],
  ['config.not-lost', 'bad', 'fail', /Without a spill/],
  ['config.alerts-answered', 'bad', 'fail', /Nobody answered these alerts within a day/],
  ['config.reviewed-daily', 'bad', 'fail', /1 of 3 days are not signed off: 2026-01-12/],
  ['config.erased-in-time', 'bad', 'fail', /1 requests were not carried out within 30 days/],
];
/** What nothing can switch off. */
const ALWAYS = ['content.secrets'];

/** Every check, so that one ledger is read once. */
const EVERYTHING: Framework = {
  ...{ id: 'everything', title: 'Everything', version: '1', prefix: 'all' },
  clauses: [...CHECKS.keys()].map((id) => ({ id, title: id, question: id, checks: [id] })),
};

let databases: Readonly<Record<Ledger | 'good', TestDatabase>>;
let reports: Readonly<Record<Ledger | 'good', Report>>;

beforeAll(async () => {
  const signer = await makeSigner();
  const good = await makeGoodLedger(signer);
  databases = { good, bad: await makeBadLedger(good, signer), empty: await createTestDatabase() };
  const { bad, empty } = databases;
  const framework = EVERYTHING;
  const later = new Date('2026-01-13T00:00:00Z');
  reports = {
    good: await reportOn(good, 'soc2', { framework, settings: GOOD_SETTINGS }),
    bad: await reportOn(bad, 'soc2', { framework, settings: BAD_SETTINGS, to: later }),
    empty: await reportOn(empty, 'soc2', { framework, settings: GOOD_SETTINGS }),
  };
});
afterAll(async () => {
  await Promise.all(Object.values(databases).map((database) => database.drop()));
});

function checkOf(ledger: Ledger | 'good', id: string) {
  return reports[ledger].checks.find((check) => check.id === id);
}

describe('each check of a report', () => {
  it.each(ROWS)('passes: %s', (id) => {
    expect(checkOf('good', id)).toMatchObject({ verdict: 'pass' });
  });

  it.each(ROWS)('%s does not pass in a ledger that is %s: %s', (id, ledger, verdict, why) => {
    const check = checkOf(ledger, id);
    expect(check?.answer).toMatch(why);
    expect(check?.verdict).toBe(verdict);
  });

  it('is in the list above, or asks a person', () => {
    const listed = new Set([...ROWS.map(([id]) => id), ...ALWAYS]);
    const people = [...CHECKS.values()].filter(({ kind }) => kind === 'attestation').map(({ id }) => id);
    expect([...CHECKS.keys()].filter((id) => !listed.has(id))).toEqual(people);
    expect(people.map((id) => checkOf('good', id)?.verdict)).toEqual(people.map(() => 'manual'));
  });

  it.each(['good', 'bad'] as const)(
    'that counts events has a query that finds the same figures again: %s',
    async (ledger) => {
      const counting = reports[ledger].checks.filter(({ query }) => query.startsWith('SELECT count(*)'));
      expect(counting.length).toBeGreaterThan(15);
      await withClient(databases[ledger].url, async (client) => {
        await client.query(`SET audit.reads = 'all'`); // as the guide says
        for (const { id, query, figures } of counting) {
          const { rows } = await client.query<Record<string, string>>(query);
          const found = Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, count]) => [name, Number(count)]));
          expect([id, found]).toEqual([id, figures]);
        }
      });
    },
  );

  it('is used by a clause, and each clause names checks that exist', () => {
    const used = new Set(FRAMEWORKS.flatMap(({ clauses }) => clauses.flatMap(({ checks }) => checks)));
    expect([...used].filter((id) => !CHECKS.has(id))).toEqual([]);
    expect([...CHECKS.keys()].filter((id) => !used.has(id))).toEqual([]);
  });
});

describe('a clause', () => {
  it('takes the worst of its checks', async () => {
    const { clauses, checks } = await reportOn(databases.good, 'pci-dss-4.0.1', {
      settings: { ...GOOD_SETTINGS, recordReads: false },
    });
    expect(checks.find(({ id }) => id === 'events.log-access')?.verdict).toBe('pass');
    expect(clauses.find(({ id }) => id === '10.2.1.3')).toMatchObject({ verdict: 'fail' });
  });

  it.each(FRAMEWORKS.map(({ id }) => [id]))(
    'of %s has neither failure nor error in a good ledger',
    async (framework) => {
      const { clauses } = await reportOn(databases.good, framework, { settings: GOOD_SETTINGS });
      const verdicts = new Set(clauses.map(({ verdict }) => verdict));
      expect([...verdicts].filter((verdict) => verdict !== 'pass' && verdict !== 'manual')).toEqual([]);
    },
  );

  it('lacks evidence of options without an application', async () => {
    const { clauses, gaps } = await reportOn(databases.good, 'pci-dss-4.0.1');
    expect(clauses.find(({ id }) => id === '10.2.1.3')).toMatchObject({ verdict: 'no-evidence' });
    expect(clauses.find(({ id }) => id === '10.4.1.1')).toMatchObject({ verdict: 'partial' });
    expect(gaps.join(' ')).toContain('No application was given');
  });
});
