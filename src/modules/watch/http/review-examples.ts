import type { EventSample } from '../sample/event-samples.service.js';
import type { DailyReview, ReviewPage, ReviewStep } from '../review/daily-reviews.js';
import type { NewReview, Review } from '../review/event-reviews.service.js';
import { REVIEW_SECTIONS } from '../review/review-sections.js';
import { EVENT } from '../../monitoring/http/examples/event-examples.js';

export const REVIEW_STEP = {
  id: '01a1fe91-5d5e-7e60-8f12-4a5b6c7d8e90',
  kind: 'comment',
  at: '2026-11-21T08:20:00.000Z',
  by: { type: 'user', id: 'u-9', name: 'Grace' },
  day: '2026-11-20',
  comment: 'Ada forgot her password.',
} as const satisfies ReviewStep;

const REVIEW = {
  day: '2026-11-20',
  timeZone: 'UTC',
  from: '2026-11-20T00:00:00.000Z',
  to: '2026-11-21T00:00:00.000Z',
  firstPlace: 0,
  checkpointSize: 42,
  root: 'q8fHv8pHcWZyxW9f0cN8V3mC2yV8m0pQb4Yt2bU5xkA=',
  seed: '4f1d2c3b5a69788796a5b4c3d2e1f001',
  sampleSize: 25,
  fourEyes: false,
  alertAfterDays: 3,
  rules: ['brute_force', 'password_spray', 'success_after_brute_force'],
  watchedTo: 42,
  eventId: '01a1fe91-0000-7e60-8f12-4a5b6c7d8e90',
  openedAt: '2026-11-21T06:00:00.000Z',
  state: 'open',
  steps: [REVIEW_STEP],
} as const satisfies DailyReview;

export const DAILY_REVIEWS = { items: [REVIEW] } as const;

export const REVIEW_PAGE = {
  ...REVIEW,
  events: 42,
  sections: REVIEW_SECTIONS.map((name) => ({ name, total: 0, rowTotal: 0, rows: [] })),
  alerts: [
    {
      ...{ id: '01a1fe91-1111-7e60-8f12-4a5b6c7d8e90', state: 'open', rule: 'brute_force', level: 'high' },
      ...{ title: 'Many failed log-ins of an account', raisedAt: '2026-11-20T09:10:00.000Z' },
    },
  ],
  sample: { seed: REVIEW.seed, algorithm: 'sha256-seed-id', population: 42, items: [EVENT] },
} satisfies ReviewPage;

export const NEW_REVIEW = {
  kind: 'comment',
  events: [EVENT.id],
  comment: 'Ada forgot her password.',
} as const satisfies NewReview;

export const REVIEWS = {
  items: [
    {
      id: '01a1fe91-5d5e-7e60-8f12-4a5b6c7d8e90',
      kind: 'comment',
      at: '2026-11-21T14:20:00.000Z',
      by: { type: 'user', id: 'u-9', name: 'Grace' },
      eventId: EVENT.id,
      comment: NEW_REVIEW.comment,
    },
  ],
} as const satisfies { readonly items: readonly Review[] };

export const SAMPLE = {
  seed: '2026-Q4',
  size: 1,
  from: '2026-10-22T00:00:00.000Z',
  to: '2026-11-21T00:00:00.000Z',
  checkpointSize: 1_200,
  population: 873,
  algorithm: 'sha256-seed-id',
  items: [EVENT],
} as const satisfies EventSample;
