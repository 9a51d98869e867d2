import { afterEach, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../src/audit/index.js';
import type { ReportRequest } from '../../../src/rooms/report/make-report.js';
import { makeSigner, type TestDatabase } from '../../support/index.js';
import {
  erasureRequest,
  eventOf,
  EVERYTHING,
  GOOD_SETTINGS,
  makeLedger,
  NOBODYS,
  reportOn,
} from '../../support/report-scene.js';

/** The requests and alerts are of noon, 10 January. */
const IN_TIME = '2026-01-11T11:00:00.000Z';
const NEXT_DAY = '2026-01-11T13:00:00.000Z';
const NEXT_MONTH = '2026-02-10T12:00:00.000Z';

const ONE_DAY = { from: new Date('2026-01-10T00:00:00Z'), to: new Date('2026-01-11T00:00:00Z') };

const ALERT = eventOf('alert_raised', { actor: { type: 'system' }, category: 'alert' });

const answerTo = ({ id }: AuditEvent, occurredAt: string = IN_TIME): AuditEvent =>
  eventOf('alert_acknowledged', { occurredAt, resource: { type: 'audit_alert', id } });
const SIGN_OFF = eventOf('review_signed_off', {
  ...{ occurredAt: NEXT_DAY, tenantId: NOBODYS, details: { day: '2026-01-10' } },
});
const ERASED = eventOf('audit_subject_erased', { occurredAt: NEXT_DAY, details: { erasureId: 'e-1' } });
const BUSY = eventOf('data_viewed', { occurredAt: '2026-02-20T12:00:00.000Z' });

let database: TestDatabase;

afterEach(() => database.drop());

async function verdictOf(check: string, events: readonly AuditEvent[], range: Partial<ReportRequest> = {}) {
  database = await makeLedger(await makeSigner(), events);
  const { checks } = await reportOn(database, EVERYTHING, { settings: GOOD_SETTINGS, ...range });
  const { verdict, figures } = checks.find(({ id }) => id === check) ?? {};
  return { verdict, figures };
}

describe('the report', () => {
  it.each([
    ['an answer within a day', IN_TIME, 'partial', { raised: 1, open: 0, late: 0 }],
    ['an answer that came later', NEXT_DAY, 'fail', { raised: 1, open: 0, late: 1 }],
  ] as const)('takes %s to an alert as it is', async (_, occurredAt, verdict, figures) => {
    const answer = answerTo(ALERT, occurredAt);
    expect(await verdictOf('config.alerts-answered', [ALERT, answer])).toEqual({ verdict, figures });
  });

  it('tells how many alerts are late, where it names some of them only', async () => {
    const alerts = Array.from({ length: 30 }, () => eventOf('alert_raised', { actor: { type: 'system' } }));
    const figures = { raised: 30, open: 30, late: 30 };
    const later = eventOf('data_viewed', { occurredAt: NEXT_DAY });
    expect(await verdictOf('config.alerts-answered', [...alerts, later])).toEqual({ verdict: 'fail', figures });
  });

  it.each([
    ['nobody', undefined],
    ['a program', { type: 'system' }],
  ] as const)('does not pass while the only alert is young and answered by %s', async (_, actor) => {
    const resource = { type: 'audit_alert', id: ALERT.id };
    const answers = actor ? [eventOf('alert_acknowledged', { occurredAt: IN_TIME, actor, resource })] : [];
    const figures = { raised: 1, open: 1, late: 0 };
    const found = await verdictOf('config.alerts-answered', [ALERT, ...answers]);
    expect(found).toEqual({ verdict: 'no-evidence', figures });
  });

  it('takes the acceptance of an answer for its time, whatever time it states', async () => {
    const resource = { type: 'audit_alert', id: ALERT.id };
    const answer = { ...eventOf('alert_acknowledged', { occurredAt: NEXT_DAY, resource }), occurredAt: IN_TIME };
    expect(await verdictOf('config.alerts-answered', [ALERT, answer])).toMatchObject({ verdict: 'fail' });
  });

  it.each([
    ['on the day after', '2026-01-11T13:00:00.000Z', 'partial', { days: 1, signedOff: 1, late: 0 }],
    ['a week later', '2026-01-18T13:00:00.000Z', 'partial', { days: 1, signedOff: 1, late: 1 }],
    ['before the day was over', '2026-01-10T01:00:00.000Z', 'fail', { days: 1, signedOff: 0, late: 0 }],
  ] as const)('takes a review that is signed off %s as it is', async (_, occurredAt, verdict, figures) => {
    const later = eventOf('data_viewed', { occurredAt: NEXT_MONTH });
    const review = eventOf('review_signed_off', { occurredAt, tenantId: NOBODYS, details: { day: '2026-01-10' } });
    const found = await verdictOf('config.reviewed-daily', [eventOf('data_viewed'), review, later], ONE_DAY);
    expect(found).toEqual({ verdict, figures });
  });

  it.each([
    ['config.alerts-answered', 'fail', ALERT, answerTo(ALERT)],
    ['config.reviewed-daily', 'partial', eventOf('data_viewed'), SIGN_OFF],
    ['config.erased-in-time', 'fail', erasureRequest('e-1'), ERASED],
  ] as const)(
    'takes what has its place behind later events for late, whatever its id: %s',
    async (id, verdict, first, answer) => {
      database = await makeLedger(await makeSigner(), [first, BUSY], { after: [answer] });
      const range = id === 'config.reviewed-daily' ? ONE_DAY : {};
      const { checks } = await reportOn(database, EVERYTHING, { settings: GOOD_SETTINGS, ...range });
      expect(checks.find((check) => check.id === id)).toMatchObject({ verdict, figures: { late: 1 } });
    },
  );

  it.each([
    ['within 30 days', NEXT_DAY, 'e-1', 'pass', 0],
    ['later than that', NEXT_MONTH, 'e-1', 'fail', 1],
    ['of somebody else', NEXT_MONTH, 'e-2', 'fail', 1],
    ['of somebody else, while there is time', NEXT_DAY, 'e-2', 'no-evidence', 0],
  ] as const)('takes an erasure %s as it is', async (_, occurredAt, erasureId, verdict, late) => {
    const resource = { type: 'user', id: 'u-1' };
    const done = eventOf('audit_subject_erased', { occurredAt, resource, details: { erasureId } });
    const found = await verdictOf('config.erased-in-time', [erasureRequest('e-1'), done]);
    expect(found).toMatchObject({ verdict, figures: { late } });
  });

  it('takes no event for an erasure that no act of the log completed', async () => {
    const done = eventOf('audit_subject_erased', { occurredAt: NEXT_DAY, details: { erasureId: 'e-1' } });
    const later = eventOf('data_viewed', { occurredAt: NEXT_MONTH });
    database = await makeLedger(await makeSigner(), [erasureRequest('e-1'), done, later], { isForged: true });
    const { checks } = await reportOn(database, EVERYTHING, { settings: GOOD_SETTINGS });
    const found = checks.find(({ id }) => id === 'config.erased-in-time');
    expect(found).toMatchObject({ verdict: 'fail', figures: { done: 0, late: 1 } });
  });

  it('expects no erasure after a dry run', async () => {
    const found = await verdictOf('config.erased-in-time', [erasureRequest('e-1', { dryRun: true })]);
    expect(found).toMatchObject({ verdict: 'no-evidence', figures: { requested: 0, late: 0 } });
  });
});
