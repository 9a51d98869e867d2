import type { Alert } from '../alerts/alert.js';
import type { Suppression } from '../alerts/suppression.js';
import type { AlertPage, AlertWithEvents, AnsweredAlert } from '../alerts/alerts.service.js';
import { EVENT } from '../../monitoring/http/examples/event-examples.js';

const ALERT = {
  id: '01a1fe95-2b3c-7d4e-8f50-6a7b8c9d0e1f',
  state: 'open',
  rule: 'brute_force',
  title: 'Many failed log-ins for one account',
  level: 'high',
  raisedAt: '2026-11-21T14:14:02.100Z',
  firstAt: '2026-11-21T14:10:11.000Z',
  lastAt: '2026-11-21T14:13:47.200Z',
  matchedCount: 10,
  matched: [EVENT.id],
  group: { account: 'ada@example.com' },
  index: 57,
} as const satisfies Alert;

export const ALERT_PAGE = { items: [ALERT], nextCursor: null } as const satisfies AlertPage;

export const ALERT_WITH_EVENTS = { ...ALERT, events: [EVENT] } as const satisfies AlertWithEvents;

const BY = { type: 'user', id: 'u-9', name: 'Grace' } as const;

export const ACKNOWLEDGEMENT = { comment: 'I look at it' } as const;

export const ACKNOWLEDGED_ALERT = {
  ...ALERT,
  state: 'acknowledged',
  acknowledged: { eventId: '01a1fe96-3c4d-7e5f-9061-7b8c9d0e1f20', at: '2026-11-21T14:16:30.000Z', by: BY },
  changed: true,
} as const satisfies AnsweredAlert;

export const RESOLUTION = { verdict: 'benign', comment: 'Ada forgot her password.' } as const;

export const RESOLVED_ALERT = {
  ...ACKNOWLEDGED_ALERT,
  state: 'resolved',
  resolved: {
    ...{ eventId: '01a1fe99-4d5e-7f60-a172-8c9d0e1f2031', at: '2026-11-21T14:31:00.000Z', by: BY },
    ...RESOLUTION,
  },
} as const satisfies AnsweredAlert;

export const NEW_SUPPRESSION = {
  rule: 'brute_force',
  group: { account: 'load-test' },
  until: '2026-11-22T06:00:00Z',
  reason: 'A load test of the log-in',
} as const;

export const SUPPRESSION = {
  ...{ id: '01a1fe9a-5e6f-7081-b283-9d0e1f203142', ...NEW_SUPPRESSION, until: '2026-11-22T06:00:00.000Z' },
  ...{ isActive: true, startedAt: '2026-11-21T15:00:00.000Z', startedBy: BY, suppressed: 3 },
} as const satisfies Suppression;

export const END_OF_SUPPRESSION = { reason: 'The test is over' } as const;

export const ENDED_SUPPRESSION = {
  ...{ ...SUPPRESSION, isActive: false, endedAt: '2026-11-21T17:00:00.000Z', endedBy: BY },
  endReason: END_OF_SUPPRESSION.reason,
} as const satisfies Suppression;
