import type { ViewedEvent } from '../../events/viewed-event.js';
import type { Reply } from '../../threads/thread.js';

export const STATES = ['unresolved', 'open', 'acknowledged', 'resolved', 'suppressed'] as const;
export const LEVELS = ['critical', 'high', 'medium', 'low', 'informational'] as const;

export interface Alert {
  readonly id: string;
  readonly state: Exclude<(typeof STATES)[number], 'unresolved'>;
  readonly rule: string;
  readonly title: string;
  readonly level: (typeof LEVELS)[number];
  readonly tenantId?: string;
  readonly raisedAt: string;
  readonly firstAt?: string;
  readonly lastAt?: string;
  readonly matchedCount: number;
  readonly group?: Readonly<Record<string, string>>;
  readonly answers: readonly Reply[];
}

export interface AlertWithEvents extends Alert {
  readonly events: readonly ViewedEvent[];
}

export interface AlertList {
  readonly items: readonly Alert[];
  readonly nextCursor: string | null;
}

export interface Suppression {
  readonly id: string;
  readonly rule: string;
  readonly group?: Readonly<Record<string, string>>;
  readonly tenantId?: string;
  readonly until: string;
  readonly reason?: string;
  readonly answers: readonly Reply[];
  readonly suppressed: number;
}
