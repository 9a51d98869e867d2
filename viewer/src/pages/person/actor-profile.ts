import type { ViewedEvent } from '../../events/viewed-event.js';

export interface ActorProfile {
  readonly id: string;
  readonly name: string | null;
  readonly types: readonly string[];
  readonly total: number;
  readonly isComplete: boolean;
  readonly first: string | null;
  readonly last: string | null;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly sessions: readonly Seen[];
  readonly ips: readonly Seen[];
  readonly userAgents: readonly Seen[];
  readonly addresses: readonly string[];
  readonly rights: readonly ViewedEvent[];
  readonly holds: readonly NamingHold[];
  readonly erasures?: readonly KnownErasure[];
}

export interface Seen {
  readonly value: string;
  readonly first: string;
  readonly last: string;
  readonly count: number;
}

export interface NamingHold {
  readonly id: string;
  readonly reason?: string;
  readonly placedAt?: string;
  readonly releasedAt?: string | null;
}

export interface KnownErasure {
  readonly id: string;
  readonly state: string;
  readonly requestedAt: string;
  readonly finishedAt?: string;
  readonly eventId?: string;
}

export interface Erasure {
  readonly id: string;
  readonly state: string;
  readonly dryRun: boolean;
  readonly counts: {
    readonly events: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly held: number;
    readonly refused: number;
    readonly namedInFacts: number;
    readonly archived: number;
  };
  readonly problem?: string;
  readonly eventId?: string;
  readonly certificate?: string;
}

/** The states follow each other in this order. */
export const ERASURE_STATES = [
  'planned',
  'erasing',
  'searching',
  'archives',
  'providers',
  'recording',
  'sealing',
  'done',
] as const;

export function erasedEvents({ counts }: Erasure): number {
  return Object.values(counts.events)
    .flatMap((month) => Object.values(month))
    .reduce((sum, count) => sum + count, 0);
}
