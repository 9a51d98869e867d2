import type { AuditActorType } from '../../../../audit/plain.js';
import { timeOfId } from '../../store/id-time.js';
import type { ErasureRemains } from './remains.js';

/** Who wants an erasure. An id and no name, since it is kept. */
export interface ErasureRequester {
  readonly type: AuditActorType;
  readonly id: string;
}

/** How to erase. */
export interface ErasureOptions {
  readonly by: ErasureRequester;
  /** Why: kept, in the event and in the certificate. At most 1,000 characters, nothing of the person. */
  readonly reason: string;
  /** Whether only to count what would go. @defaultValue false */
  readonly dryRun?: boolean;
  /** When to begin, for those who may withdraw it until then. Default: now. */
  readonly startsAt?: Date;
}

/**
 * Where an erasure is:
 *
 * ```
 *   planned ──all that was accepted before is stored──▶ erasing ──▶ searching ──▶ archives ──▶ providers ──▶ recording ──▶ sealing ──▶ done
 *     by or about the person ─────────────────────────────┘            │            │             │              │            │
 *     naming the person elsewhere, where identifiers are given ────────┘            │             │              │            │
 *     the archived months ──────────────────────────────────────────────────────────┘             │              │            │
 *     what other providers keep ──────────────────────────────────────────────────────────────────┘              │            │
 *     the event that reports it ──────────────────────────────────────────────────────────────────────────────────┘            │
 *     waiting for a checkpoint over it, for the certificate ──────────────────────────────────────────────────────────────────┘
 * ```
 *
 * A dry run ends after the archives. Each step can be done again after a crash.
 */
export type ErasureState =
  'planned' | 'erasing' | 'searching' | 'archives' | 'providers' | 'recording' | 'sealing' | 'done';

/**
 * What makes an event the person's: done by the person, for the person, to the person, or one that names the person; `replayed`
 * where an erasure that a restore undid is repeated.
 */
export type ErasureRelation = 'actor' | 'onBehalfOf' | 'resource' | 'identifier' | 'replayed';

/** What an erasure found. */
export interface ErasureCounts {
  /** Events whose personal part was erased, or would be, by month (`2026-11`, UTC) and by relation. */
  readonly events: Readonly<Record<string, Readonly<Partial<Record<ErasureRelation, number>>>>>;
  /** Events that a legal hold keeps as they are. */
  readonly held: number;
  /** Events that have no place in the log, since they are not what the ledger's writer wrote: `verify` names them. They are left as they are. */
  readonly refused: number;
  /** Events whose facts hold an identifier: these cannot be changed. */
  readonly namedInFacts: number;
  /** Events that were erased in archives, or would be. */
  readonly archived: number;
  /** Rows that other providers changed, by backend. */
  readonly providers: Readonly<Record<string, number>>;
  /** Events that providers refuse, and that wait in the spill for somebody to decide. They may name the person. */
  readonly deadLetters: number;
}

/** Before anything was found. */
export const NOTHING_FOUND: ErasureCounts = {
  events: {},
  held: 0,
  refused: 0,
  namedInFacts: 0,
  archived: 0,
  providers: {},
  deadLetters: 0,
};

/** An erasure as it is shown. Times are RFC 3339, UTC. */
export interface Erasure {
  /** UUIDv7. */
  readonly id: string;
  readonly subjectId: string;
  readonly requestedBy: ErasureRequester;
  readonly reason: string;
  readonly dryRun: boolean;
  readonly state: ErasureState;
  readonly requestedAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly counts: ErasureCounts;
  readonly remains: ErasureRemains;
  /** What it waits for, or what went wrong last; it is tried again. */
  readonly problem?: string;
  /** Of the event `audit_subject_erased`. */
  readonly eventId?: string;
  /** A signed note: {@link verifyCertificate} reads it. */
  readonly certificate?: string;
}

/** What one page of events came to. */
export interface ErasedPage {
  readonly erased: readonly { readonly id: string; readonly relation: ErasureRelation }[];
  readonly held: number;
  readonly refused: number;
  readonly namedInFacts: number;
}

/** The counts with those of a page. */
export function addPage(counts: ErasureCounts, page: ErasedPage): ErasureCounts {
  const events: Record<string, Partial<Record<ErasureRelation, number>>> = { ...counts.events };
  for (const { id, relation } of page.erased) {
    const month = timeOfId(id).toISOString().slice(0, 'yyyy-mm'.length);
    events[month] = { ...events[month], [relation]: (events[month]?.[relation] ?? 0) + 1 };
  }
  return {
    ...counts,
    events,
    held: counts.held + page.held,
    refused: counts.refused + page.refused,
    namedInFacts: counts.namedInFacts + page.namedInFacts,
  };
}

/** How many events that are, of all months and relations. */
export function totalEvents({ events }: Pick<ErasureCounts, 'events'>): number {
  return Object.values(events)
    .flatMap((relations) => Object.values(relations))
    .reduce((sum, count) => sum + count, 0);
}
