import type { AuditActorType } from '../../../../audit/plain.js';
import { timeOfId } from '../../store/id-time.js';
import type { ErasureRelation, ErasureCounts } from './erasure.dto.js';

export { Erasure } from './erasure.dto.js';
export type { ErasureState, ErasureRelation, ErasureCounts } from './erasure.dto.js';

/** Who requests an erasure: an id without a name, since it is kept. */
export interface ErasureRequester {
  readonly type: AuditActorType;
  readonly id: string;
}

/** How to erase. */
export interface ErasureOptions {
  readonly by: ErasureRequester;
  /** The reason, which the event and the certificate keep. At most 1,000 characters, without anything about the person. */
  readonly reason: string;
  /** Whether only to count what would be erased. @defaultValue false */
  readonly dryRun?: boolean;
  /** When to begin; until then, it can be withdrawn. Default: now. */
  readonly startsAt?: Date;
}

/** The counts before anything was found. */
export const NOTHING_FOUND: ErasureCounts = {
  events: {},
  held: 0,
  refused: 0,
  namedInFacts: 0,
  archived: 0,
  providers: {},
  deadLetters: 0,
};

/** The result of one page of events. */
export interface ErasedPage {
  readonly erased: readonly { readonly id: string; readonly relation: ErasureRelation }[];
  readonly held: number;
  readonly refused: number;
  readonly namedInFacts: number;
}

/** Adds the counts of a page. */
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

/** The number of events, over all months and relations. */
export function totalEvents({ events }: Pick<ErasureCounts, 'events'>): number {
  return Object.values(events)
    .flatMap((relations) => Object.values(relations))
    .reduce((sum, count) => sum + count, 0);
}
