import { afterEach, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../src/audit/index.js';
import { makeSigner } from '../../support/log-scene.js';
import { erasureRequest, eventOf, GOOD_SETTINGS, makeLedger, reportOn } from '../../support/report-scene.js';
import type { TestDatabase } from '../../support/test-database.js';

/** Requests and alerts are of noon, 10 January. */
const IN_TIME = '2026-01-11T11:00:00.000Z';
const NEXT_DAY = '2026-01-11T13:00:00.000Z';
const NEXT_MONTH = '2026-02-10T12:00:00.000Z';

const ALERT = eventOf('alert_raised', { actor: { type: 'system' }, category: 'alert' });

let database: TestDatabase;

afterEach(() => database.drop());

async function verdictOf(check: string, events: readonly AuditEvent[]) {
  database = await makeLedger(await makeSigner(), events);
  const { checks } = await reportOn(database, 'gdpr', { settings: GOOD_SETTINGS });
  const { verdict, figures } = checks.find(({ id }) => id === check) ?? {};
  return { verdict, figures };
}

describe('the report', () => {
  it.each([
    ['an answer within a day', IN_TIME, 'pass', { raised: 1, open: 0, late: 0 }],
    ['an answer that came later', NEXT_DAY, 'fail', { raised: 1, open: 0, late: 1 }],
  ] as const)('takes %s to an alert as it is', async (_, occurredAt, verdict, figures) => {
    const answer = eventOf('alert_acknowledged', { occurredAt, resource: { type: 'audit_alert', id: ALERT.id } });
    expect(await verdictOf('config.alerts-answered', [ALERT, answer])).toEqual({ verdict, figures });
  });

  it('tells how many alerts are late, where it names some of them only', async () => {
    const alerts = Array.from({ length: 30 }, () => eventOf('alert_raised', { actor: { type: 'system' } }));
    const figures = { raised: 30, open: 30, late: 30 };
    expect(await verdictOf('config.alerts-answered', alerts)).toEqual({ verdict: 'fail', figures });
  });

  it.each([
    ['within 30 days', NEXT_DAY, 'e-1', 'pass', 0],
    ['later than that', NEXT_MONTH, 'e-1', 'fail', 1],
    ['of somebody else', NEXT_DAY, 'e-2', 'fail', 1],
  ] as const)('takes an erasure %s as it is', async (_, occurredAt, erasureId, verdict, late) => {
    const resource = { type: 'user', id: 'u-1' };
    const done = eventOf('audit_subject_erased', { occurredAt, resource, details: { erasureId } });
    const found = await verdictOf('config.erased-in-time', [erasureRequest('e-1'), done]);
    expect(found).toMatchObject({ verdict, figures: { late } });
  });

  it('expects no erasure after a dry run', async () => {
    const found = await verdictOf('config.erased-in-time', [erasureRequest('e-1', { dryRun: true })]);
    expect(found).toMatchObject({ verdict: 'pass', figures: { late: 0 } });
  });
});
