import type { Erasure } from '../../lifecycle/erasure/erasure.js';
import type { LegalHold } from '../../lifecycle/holds/holds.js';
import type { StateReport } from '../../metrics/ledger-report.service.js';
import type { EventSalt, SealedParts } from '../../query/sealed-parts.js';
import type { ConsistencyView, VerifierKeysView } from '../log.dto.js';
import { EVENT } from './event-examples.js';

export const CHECKPOINT = `example.com/audit
42
Nud5c/sb039nEpfk3TsCvOkMyUwEaIaasxKrq86tMds=

— example.com/audit e+wEyx/+L+QV4S5EToSN1cFW7qcBn88PSIakm4pMoNrCXmhI6ZEpNf6XO2K7lAp+tcG4jcUaR18GClueqa5/GZj8MQE=
`;

export const PROOF = `c2sp.org/tlog-proof@v1
index 41
XxCbnQshEhS62DvSz98Z+PFJ6/9E8iMxZSsz17WrgzY=

${CHECKPOINT}`;

export const MANIFEST = `nestjs-audit-ledger/export@v1 01a1fe90-3c41-7f52-9ab7-0d3f5b6e7c80

— example.com/audit e+wEyx/+L+QV4S5EToSN1cFW7qcBn88PSIakm4pMoNrCXmhI6ZEpNf6XO2K7lAp+tcG4jcUaR18GClueqa5/GZj8MQE=
`;

export const CONSISTENCY = {
  from: 41,
  to: 42,
  hashes: ['XxCbnQshEhS62DvSz98Z+PFJ6/9E8iMxZSsz17WrgzY='],
} as const satisfies ConsistencyView;

export const KEYS = {
  origin: 'example.com/audit',
  keys: [
    {
      verifierKey: 'example.com/audit+7bec04cb+AZZ1h337T8Ru7JdBhoHU8d+4tcOjmJNkcFC7zNinE7wy',
      state: 'current',
      firstUsedAt: '2026-11-21T14:00:00.000Z',
    },
  ],
} as const satisfies VerifierKeysView;

export const SEALED_PARTS = {
  id: EVENT.id,
  leafHash: 'VA+71wEcjjxPpM/fskhvwruc6Sk4rby15vEZNVnF7pI=',
  commitment: 'WKTqAMRIkGsAIxAjNh6eovKAzT45e8atj3iVeJh+Yow=',
  personal: ['/details/username', '/request/ip', '/request/userAgent'],
  isPersonalHidden: false,
} as const satisfies SealedParts;

export const SALT = {
  id: EVENT.id,
  salt: 'vn0Yc1iDQ3r7uq3o0cXb2xUQf4cV6qfY8j4mJ1f0w2E=',
} as const satisfies EventSalt;

export const NEW_HOLD = { reason: 'Case 2026-17', actorId: 'u-1', occurredFrom: '2026-01-01' } as const;

export const HOLD = {
  ...NEW_HOLD,
  id: '01a1fe70-1ab2-7d1c-8a01-5f4f7a2f0e11',
  placedAt: '2026-11-20T08:00:00.000Z',
  placedBy: 'u-9',
  isActive: true,
} as const satisfies LegalHold;

export const RELEASE = { reason: 'The case is closed' } as const;

export const RELEASED_HOLD = {
  ...HOLD,
  isActive: false,
  releasedAt: '2026-11-21T09:00:00.000Z',
  releasedBy: 'u-9',
  releaseReason: RELEASE.reason,
} as const satisfies LegalHold;

export const NEW_ERASURE = {
  subjectId: 'u-1',
  identifiers: ['ada@example.com'],
  reason: 'Request 2026-112',
} as const;

export const ERASURE = {
  id: '01a1fe80-77f0-7b4c-a9a0-3f1c2d4e5b60',
  subjectId: 'u-1',
  requestedBy: { type: 'admin', id: 'u-9' },
  reason: NEW_ERASURE.reason,
  dryRun: false,
  state: 'planned',
  requestedAt: '2026-11-21T14:30:00.000Z',
  counts: { events: {}, held: 0, refused: 0, namedInFacts: 0, archived: 0, providers: {}, deadLetters: 0 },
  remains: { events: 0, facts: {}, archives: {}, removedArchives: [], exports: [], outside: ['backups'] },
} as const satisfies Erasure;

export const REPORT = {
  subjectId: 'u-1',
  reportedAt: '2026-11-21T14:30:00.000Z',
  checkpoint: CHECKPOINT,
  events: [EVENT],
  erasures: [],
  rows: [],
} as const;

export const STATE = {
  status: 'ok',
  at: '2026-11-21T14:30:00.000Z',
  parts: [
    {
      name: 'checkpoint',
      status: 'ok',
      says: 'The newest checkpoint covers 42 events.',
      facts: { size: 42, ageSeconds: 1, sequencer: 'leading' },
    },
  ],
} as const satisfies StateReport;
