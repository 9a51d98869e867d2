import type { DryRun } from '../manage/dry-run.js';
import type { ShownStream } from '../manage/stream-operations.service.js';

export const NEW_STREAM = {
  name: 'siem',
  destination: {
    type: 'webhook',
    url: 'https://siem.example/audit',
    secrets: ['whsec_b2xpdmUgb2xpdmUgb2xpdmUgb2xpdmU='],
  },
  personal: 'omit',
  paused: true,
} as const;

export const STREAM = {
  name: 'siem',
  source: 'stored',
  state: 'active',
  reason: null,
  destination: 'webhook https://siem.example',
  acknowledgement: 'received',
  access: { scope: 'all' },
  position: 1_700,
  lagEvents: 0,
  lagSeconds: 0,
  sentEvents: 1_700,
  sentBatches: 12,
  lastSentAt: '2026-11-20T08:00:00.000Z',
  failures: 0,
  lastError: null,
  parked: 0,
  replays: [],
  options: {
    name: 'siem',
    destination: { type: 'webhook', url: 'https://siem.example/audit' },
    personal: 'omit',
  },
  secretsKeyId: '5f0c1d2e3a4b5c6d',
  oldSecretUntil: null,
} as const satisfies ShownStream;

export const BEGUN_REPLAY = { replay: 'siem.7f9b1d3e-52d9-4a0c-8d5e-0c2f1b7a9e11', first: 0, last: 499 } as const;
export const TEST_ANSWER = { id: '7f9b1d3e-52d9-4a0c-8d5e-0c2f1b7a9e11', outcome: 'accepted' } as const;
export const DRY_RUN = {
  destination: 'syslog tls://siem.example:6514',
  places: { first: 1_690, last: 1_699 },
  events: 1,
  messages: [
    { to: 'syslog tls://siem.example:6514', headers: {}, body: '312 <108>1 2026-11-20T08:00:00.123Z audit.example …' },
  ],
  refused: null,
  leftOut: [
    { index: 1_698, id: '019aa1b2-6f2b-7c3d-8e4f-5a6b7c8d9e0f', type: 'user_login_succeeded', because: ['severity'] },
  ],
} as const satisfies DryRun;

export const DRY_RUN_OF = {
  destination: { type: 'syslog', host: 'siem.example', format: 'cef' },
  personal: 'omit',
  filter: { severity: ['critical'] },
  last: 5,
} as const;

export const ROTATION = { secret: 'whsec_b2xpdmUgb2xpdmUgb2xpdmUgb2xpdmU=', graceDays: 7 } as const;
export const ROTATED = { oldSecretUntil: '2026-11-27T08:00:00.000Z' } as const;
export const WHY = { reason: 'The SIEM moves' } as const;
