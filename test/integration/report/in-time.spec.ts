import { afterEach, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../src/audit/index.js';
import type { ReportRequest } from '../../../src/rooms/report/report.js';
import { verifyLedger } from '../../../src/monitoring/proof/verify/verify-ledger.js';
import { makeSigner, type TestDatabase } from '../../support/index.js';
import {
  erasureRequest,
  eventOf,
  frameworkOf,
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

/** Verifies the ledger without its protection, on which no time depends. */
async function checkOf(id: string, range: Partial<ReportRequest> = {}) {
  const verification = { ...(await verifyLedger({ database: database.url })), unprotected: [] };
  const { checks } = await reportOn(database, frameworkOf([id]), { settings: GOOD_SETTINGS, verification, ...range });
  return checks[0];
}

afterEach(() => database.drop());

async function resultOf(check: string, events: readonly AuditEvent[], range: Partial<ReportRequest> = {}) {
  database = await makeLedger(await makeSigner(), events);
  const { result, figures } = (await checkOf(check, range)) ?? {};
  return { result, figures };
}

describe('the report', () => {
  it.each([
    ['an answer within a day', IN_TIME, 'cannot-tell', { raised: 1, open: 0, late: 0 }],
    ['an answer that came later', NEXT_DAY, 'not-met', { raised: 1, open: 0, late: 1 }],
  ] as const)('takes %s to an alert as it is', async (_, occurredAt, result, figures) => {
    const answer = answerTo(ALERT, occurredAt);
    expect(await resultOf('config.alerts-answered', [ALERT, answer])).toEqual({ result, figures });
  });

  it('tells how many alerts are late, where it names some of them only', async () => {
    const alerts = Array.from({ length: 30 }, () => eventOf('alert_raised', { actor: { type: 'system' } }));
    const figures = { raised: 30, open: 30, late: 30 };
    const later = eventOf('data_viewed', { occurredAt: NEXT_DAY });
    expect(await resultOf('config.alerts-answered', [...alerts, later])).toEqual({ result: 'not-met', figures });
  });

  it.each([
    ['nobody', undefined],
    ['a program', { type: 'system' }],
  ] as const)('does not pass while the only alert is young and answered by %s', async (_, actor) => {
    const resource = { type: 'audit_alert', id: ALERT.id };
    const answers = actor ? [eventOf('alert_acknowledged', { occurredAt: IN_TIME, actor, resource })] : [];
    const figures = { raised: 1, open: 1, late: 0 };
    const found = await resultOf('config.alerts-answered', [ALERT, ...answers]);
    expect(found).toEqual({ result: 'cannot-tell', figures });
  });

  it('takes the acceptance of an answer for its time, whatever time it states', async () => {
    const resource = { type: 'audit_alert', id: ALERT.id };
    const answer = { ...eventOf('alert_acknowledged', { occurredAt: NEXT_DAY, resource }), occurredAt: IN_TIME };
    expect(await resultOf('config.alerts-answered', [ALERT, answer])).toMatchObject({ result: 'not-met' });
  });

  it.each([
    ['on the day after', '2026-01-11T13:00:00.000Z', 'cannot-tell', { days: 1, signedOff: 1, late: 0 }],
    ['a week later', '2026-01-18T13:00:00.000Z', 'cannot-tell', { days: 1, signedOff: 1, late: 1 }],
    ['before the day was over', '2026-01-10T01:00:00.000Z', 'not-met', { days: 1, signedOff: 0, late: 0 }],
  ] as const)('takes a review that is signed off %s as it is', async (_, occurredAt, result, figures) => {
    const later = eventOf('data_viewed', { occurredAt: NEXT_MONTH });
    const review = eventOf('review_signed_off', { occurredAt, tenantId: NOBODYS, details: { day: '2026-01-10' } });
    const found = await resultOf('config.reviewed-daily', [eventOf('data_viewed'), review, later], ONE_DAY);
    expect(found).toEqual({ result, figures });
  });

  it.each([
    ['config.alerts-answered', 'not-met', ALERT, answerTo(ALERT)],
    ['config.reviewed-daily', 'cannot-tell', eventOf('data_viewed'), SIGN_OFF],
    ['config.erased-in-time', 'not-met', erasureRequest('e-1'), ERASED],
  ] as const)(
    'takes what has its place behind later events for late, whatever its id: %s',
    async (id, result, first, answer) => {
      database = await makeLedger(await makeSigner(), [first, BUSY], { after: [answer] });
      const range = id === 'config.reviewed-daily' ? ONE_DAY : {};
      expect(await checkOf(id, range)).toMatchObject({ result, figures: { late: 1 } });
    },
  );

  it.each([
    ['within 30 days', NEXT_DAY, 'e-1', 'met', 0],
    ['later than that', NEXT_MONTH, 'e-1', 'not-met', 1],
    ['of somebody else', NEXT_MONTH, 'e-2', 'not-met', 1],
    ['of somebody else, while there is time', NEXT_DAY, 'e-2', 'cannot-tell', 0],
  ] as const)('takes an erasure %s as it is', async (_, occurredAt, erasureId, result, late) => {
    const resource = { type: 'user', id: 'u-1' };
    const done = eventOf('audit_subject_erased', { occurredAt, resource, details: { erasureId } });
    const found = await resultOf('config.erased-in-time', [erasureRequest('e-1'), done]);
    expect(found).toMatchObject({ result, figures: { late } });
  });

  it('takes no event for an erasure that no act of the log completed', async () => {
    const done = eventOf('audit_subject_erased', { occurredAt: NEXT_DAY, details: { erasureId: 'e-1' } });
    const later = eventOf('data_viewed', { occurredAt: NEXT_MONTH });
    database = await makeLedger(await makeSigner(), [erasureRequest('e-1'), done, later], { isForged: true });
    expect(await checkOf('config.erased-in-time')).toMatchObject({
      result: 'not-met',
      figures: { done: 0, late: 1 },
    });
  });

  it('expects no erasure after a dry run', async () => {
    const found = await resultOf('config.erased-in-time', [erasureRequest('e-1', { dryRun: true })]);
    expect(found).toMatchObject({ result: 'cannot-tell', figures: { requested: 0, late: 0 } });
  });
});
