import type { EventStats } from '../../query/count-events.js';
import type { LedgerEvent } from '../../query/ledger-event.js';
import type { EventOverview } from '../../query/overview/audit-overview.service.js';
import type { Neighbours, NewerEvents } from '../../query/places/sealed-events.service.js';
import type { RecordBlame } from '../../query/records/record-blame.js';
import type { RecordState } from '../../query/records/record-state.js';
import type { ShownPage } from '../show-page.js';

/** A log-in that failed. */
export const EVENT = {
  id: '01a1fe74-c240-7419-a34b-8c24b729a5b9',
  schemaVersion: 2,
  occurredAt: '2026-11-21T14:13:47.200Z',
  type: 'user_login_failed',
  action: 'user_login',
  outcome: 'failure',
  category: 'authentication',
  severity: 'warning',
  reason: 'invalid_credentials',
  actor: { type: 'anonymous' },
  resource: { type: 'user', id: 'u-1' },
  request: {
    id: 'c21855e6-1ee0-4ac2-a6a1-9a9dbed1b1d5',
    method: 'POST',
    route: '/auth/login',
    statusCode: 401,
    durationMs: 212.6,
    ip: '203.0.113.7',
    userAgent: 'curl/8.14.1',
  },
  details: { username: 'ada@example.com' },
  metadata: {},
  index: 41,
  compliance: ['pci_dss'],
} as const satisfies LedgerEvent;

export const PAGE = { items: [EVENT], nextCursor: null } as const satisfies ShownPage;

export const STATS = {
  from: '2026-10-22T00:00:00.000Z',
  to: '2026-11-21T00:00:00.000Z',
  by: 'type',
  interval: 'day',
  total: 3,
  groups: [
    {
      value: 'user_login_failed',
      count: 3,
      first: '2026-11-20T08:00:00.000Z',
      last: '2026-11-20T08:02:11.000Z',
      steps: [{ start: '2026-11-20T00:00:00.000Z', count: 3 }],
    },
  ],
  others: 0,
} as const satisfies EventStats;

export const OVERVIEW = {
  from: '2026-11-20T00:00:00.000Z',
  to: '2026-11-21T00:00:00.000Z',
  total: 3,
  histogram: {
    timeZone: 'UTC',
    step: '1d',
    steps: [{ start: '2026-11-20T00:00:00.000Z', end: '2026-11-21T00:00:00.000Z', count: 3, outcomes: { failure: 3 } }],
  },
  counts: { outcome: { groups: [{ value: 'failure', count: 3 }], others: 0 } },
} as const satisfies EventOverview;

export const NEWER = { items: [EVENT], after: 41, isWhole: true } as const satisfies NewerEvents;

export const NEIGHBOURS = {
  index: 40,
  before: [],
  after: [EVENT],
  searched: { first: 38, last: 45 },
} as const satisfies Neighbours;

const CHANGE = {
  id: '01a1fe75-0d0e-7c55-b1f2-2a0a9d0b7f10',
  type: 'row_updated',
  occurredAt: '2026-11-21T14:14:06.094Z',
  actor: { type: 'user', id: 'u-1', name: 'Ada' },
} as const;

export const RECORD_STATE = {
  resource: { type: 'order', id: '42' },
  at: '2026-11-21T15:00:00.000Z',
  exists: true,
  values: { id: '42', status: 'paid' },
  event: CHANGE,
  unknown: [],
} as const satisfies RecordState;

export const RECORD_BLAME = {
  resource: { type: 'order', id: '42' },
  at: '2026-11-21T15:00:00.000Z',
  exists: true,
  event: CHANGE,
  fields: [{ field: 'status', value: 'paid', event: CHANGE }],
  unknown: [],
} as const satisfies RecordBlame;
