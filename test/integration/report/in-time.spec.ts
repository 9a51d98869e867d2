import { expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../src/audit/index.js';
import { verifyLedger } from '../../../src/monitoring/proof/verify/verify-ledger.js';
import { makeSigner } from '../../support/index.js';
import {
  erasureRequest,
  eventOf,
  frameworkOf,
  GOOD_SETTINGS,
  makeLedger,
  NOBODYS,
  reportOn,
} from '../../support/report-scene.js';

/** The requests, alerts and views are of noon, 10 January. */
const EARLY = '2026-01-10T01:00:00.000Z';
const IN_TIME = '2026-01-11T11:00:00.000Z';
const NEXT_DAY = '2026-01-11T13:00:00.000Z';
const NEXT_WEEK = '2026-01-18T13:00:00.000Z';
const NEXT_MONTH = '2026-02-10T12:00:00.000Z';
const DAY = { from: new Date('2026-01-10T00:00:00Z'), to: new Date('2026-01-11T00:00:00Z') };

const SYSTEM = { type: 'system' } as const;
const ALERT = eventOf('alert_raised', { actor: SYSTEM, category: 'alert' });
const OTHER_ALERTS = Array.from({ length: 29 }, () => eventOf('alert_raised', { actor: SYSTEM }));
const VIEWED = eventOf('data_viewed');
const REQUEST = erasureRequest('e-1');

const answered = (occurredAt: string, fields: Partial<AuditEvent> = {}): AuditEvent =>
  eventOf('alert_acknowledged', { occurredAt, resource: { type: 'audit_alert', id: ALERT.id }, ...fields });
const signedOff = (occurredAt: string): AuditEvent =>
  eventOf('review_signed_off', { occurredAt, tenantId: NOBODYS, details: { day: '2026-01-10' } });
const erased = (occurredAt: string, erasureId = 'e-1'): AuditEvent =>
  eventOf('audit_subject_erased', { occurredAt, resource: { type: 'user', id: 'u-1' }, details: { erasureId } });
const later = (occurredAt: string): AuditEvent => eventOf('data_viewed', { occurredAt });

const CHECKS = ['config.alerts-answered', 'config.reviewed-daily', 'config.erased-in-time'];

interface Scene {
  readonly events: readonly AuditEvent[];
  readonly after?: readonly AuditEvent[];
  readonly isForged?: boolean;
  readonly alerts?: object;
  readonly review?: object;
  readonly erasure?: object;
}

it.each<[string, Scene]>([
  [
    'on the next day',
    {
      events: [ALERT, answered(IN_TIME), REQUEST, erased(NEXT_DAY)],
      alerts: { result: 'cannot-tell', figures: { raised: 1, open: 0, late: 0 } },
      erasure: { result: 'met', figures: { late: 0 } },
    },
  ],
  [
    'too late, or just in time for a review',
    {
      events: [ALERT, answered(NEXT_DAY), VIEWED, signedOff(NEXT_DAY), REQUEST, erased(NEXT_MONTH)],
      alerts: { result: 'not-met', figures: { raised: 1, open: 0, late: 1 } },
      review: { result: 'cannot-tell', figures: { days: 1, signedOff: 1, late: 0 } },
      erasure: { result: 'not-met', figures: { late: 1 } },
    },
  ],
  [
    'by nobody, a week later, and for somebody else',
    {
      events: [ALERT, ...OTHER_ALERTS, VIEWED, signedOff(NEXT_WEEK), REQUEST, erased(NEXT_MONTH, 'e-2')],
      alerts: { result: 'not-met', figures: { raised: 30, open: 30, late: 30 } },
      review: { result: 'cannot-tell', figures: { days: 1, signedOff: 1, late: 1 } },
      erasure: { result: 'not-met', figures: { late: 1 } },
    },
  ],
  [
    'by nobody while there is time, and after a dry run',
    {
      events: [ALERT, erasureRequest('e-1', { dryRun: true })],
      alerts: { result: 'cannot-tell', figures: { raised: 1, open: 1, late: 0 } },
      erasure: { result: 'cannot-tell', figures: { requested: 0, late: 0 } },
    },
  ],
  [
    'by a program, and for somebody else, while there is time',
    {
      events: [ALERT, answered(IN_TIME, { actor: SYSTEM }), REQUEST, erased(IN_TIME, 'e-2')],
      alerts: { result: 'cannot-tell', figures: { raised: 1, open: 1, late: 0 } },
      erasure: { result: 'cannot-tell', figures: { late: 0 } },
    },
  ],
  [
    'at a time that they only state, before the day was over, and without an act of the log',
    {
      events: [
        ...[ALERT, { ...answered(NEXT_DAY), occurredAt: IN_TIME }, VIEWED, signedOff(EARLY)],
        ...[REQUEST, erased(NEXT_DAY), later(NEXT_MONTH)],
      ],
      isForged: true,
      alerts: { result: 'not-met' },
      review: { result: 'not-met', figures: { days: 1, signedOff: 0, late: 0 } },
      erasure: { result: 'not-met', figures: { done: 0, late: 1 } },
    },
  ],
  [
    'at places behind later events, whatever their ids',
    {
      events: [ALERT, VIEWED, REQUEST, later('2026-02-20T12:00:00.000Z')],
      after: [answered(IN_TIME), signedOff(NEXT_DAY), erased(NEXT_DAY)],
      alerts: { result: 'not-met', figures: { late: 1 } },
      review: { result: 'cannot-tell', figures: { late: 1 } },
      erasure: { result: 'not-met', figures: { late: 1 } },
    },
  ],
])('the report takes answers, reviews and erasures %s as they are', async (_, scene) => {
  const { events, alerts = {}, review = {}, erasure = {} } = scene;
  const database = await makeLedger(await makeSigner(), events, scene);
  // Without the ledger's protection, on which no time depends.
  const verification = { ...(await verifyLedger({ database: database.url })), unprotected: [] };
  const request = { settings: GOOD_SETTINGS, verification, ...DAY };
  const { checks } = await reportOn(database, frameworkOf(CHECKS), request).finally(() => database.drop());
  expect(checks).toMatchObject([alerts, review, erasure]);
});
