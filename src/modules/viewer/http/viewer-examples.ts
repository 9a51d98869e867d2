import { HOLD } from '../../monitoring/http/examples/ledger-examples.js';
import type { LegalHold } from '../../monitoring/lifecycle/holds/holds.js';
import type { ListedFilter } from '../../monitoring/query/filter-list.js';
import type { Absences } from '../absences.service.js';
import type { ActorProfile } from '../actors/actor-profiles.service.js';
import type { FieldValues } from '../field-values.service.js';
import type { NewView, SavedView } from '../views/saved-views.service.js';

export const NEW_VIEW = {
  name: 'Failed log-ins',
  query: 'type=user_login_failed',
  shared: true,
} as const satisfies NewView;

export const VIEW = {
  ...NEW_VIEW,
  id: '01a1fe92-6a7b-7c8d-9e0f-1a2b3c4d5e6f',
  isOwn: true,
  updatedAt: '2026-11-21T14:25:00.000Z',
} as const satisfies SavedView;

export const VIEWS = { items: [VIEW] } as const;

export const FILTERS = {
  filters: [
    {
      name: 'outcome',
      kind: 'word',
      says: 'Outcome',
      operators: ['is', 'eq', 'ne', 'exists'],
      beginsWith: false,
      words: ['attempted', 'success', 'failure', 'denied', 'partial'],
      completes: true,
    },
  ],
} as const satisfies { readonly filters: readonly ListedFilter[] };

export const VALUES = {
  field: 'actorId',
  values: [{ value: 'u-1', name: 'Ada', count: 12 }],
  isWhole: true,
} as const satisfies FieldValues;

export const PROFILE = {
  id: 'u-1',
  name: 'Ada',
  types: ['user'],
  total: 2,
  isWhole: true,
  first: '2026-11-20T08:00:00.000Z',
  last: '2026-11-21T14:13:47.200Z',
  outcomes: { success: 2 },
  sessions: [],
  ips: [{ value: '203.0.113.7', first: '2026-11-20T08:00:00.000Z', last: '2026-11-21T14:13:47.200Z', count: 2 }],
  userAgents: [],
  rights: [],
  holds: [HOLD],
  erasures: [],
} as const satisfies ActorProfile & { readonly holds: readonly LegalHold[]; readonly erasures: readonly [] };

export const ABSENCES = {
  first: 0,
  last: 41,
  next: null,
  absences: [
    {
      kind: 'held',
      first: 3,
      last: 9,
      count: 2,
      act: {
        id: '01a1fe70-1ab2-7d1c-8a01-5f4f7a2f0e11',
        at: '2026-11-20T08:00:00.000Z',
        reason: 'Case 2026-17',
      },
    },
  ],
} as const satisfies Absences;
