import type { AuditEvent } from '../../../../audit/plain.js';
import { escapeName } from '../../sealing/own-fields.js';

/** What an erasure leaves, by name: what the ledger's tree needs, and what the ledger cannot reach. */
export interface ErasureRemains {
  /** How many events by or about the person, or that named the person, are still there as facts alone. */
  readonly events: number;
  /**
   * The facts of these events: each field by its JSON Pointer, `/actor/id`, and how many of the events have it. They are sealed:
   * without them no proof of these events would hold. Values are not said.
   */
  readonly facts: Readonly<Record<string, number>>;
  /** Archives that have some of these events, and how many. */
  readonly archives: Readonly<Record<string, number>>;
  /** Archives that somebody removed before the erasure: copies of them were not reached. */
  readonly removedArchives: readonly string[];
  /** Exports made before, newest first: their files have, or may have, the person's data. At most {@link MOST_EXPORTS}. */
  readonly exports: readonly RemainingExport[];
  /** Where else the person's data may be, unseen by the erasure. */
  readonly outside: readonly OutsideCopy[];
}

/** An export with events of the person as they were before the erasure. */
export interface RemainingExport {
  readonly exportId: string;
  /** RFC 3339, UTC. */
  readonly exportedAt: string;
  /** Whether it surely has some: else it has others of the same time. */
  readonly isCertain: boolean;
}

/**
 * Backups of the database and its write-ahead logs; copies of archives; exports, where reads are not recorded; keyed digests that
 * rules count by until they forget them: the key is beside them, so that who guesses an address can confirm it.
 */
export type OutsideCopy = 'backups' | 'write_ahead_logs' | 'archive_copies' | 'unrecorded_exports' | 'watch_digests';

/** Before anything was found. */
export const NOTHING_REMAINS: ErasureRemains = {
  events: 0,
  facts: {},
  archives: {},
  removedArchives: [],
  exports: [],
  outside: [],
};

/** A certificate names so many exports, and so many facts: it is a note of at most 1,000,000 bytes. */
export const MOST_EXPORTS = 1_000;
const MOST_FACTS = 1_000;
/** The other facts, where there are more. */
const OTHERS = '/…';

/** With the facts of more events. Every event has an id. */
export function addFacts(
  remains: ErasureRemains,
  found: Iterable<readonly [name: string, events: number]>,
): ErasureRemains {
  const facts = new Map(Object.entries(remains.facts));
  for (const [name, count] of found) {
    const known = facts.has(name) || facts.size < MOST_FACTS ? name : OTHERS;
    facts.set(known, (facts.get(known) ?? 0) + count);
  }
  return { ...remains, events: facts.get('/id') ?? 0, facts: Object.fromEntries(facts) };
}

/** Objects whose fields are named one by one. */
const OPENED: ReadonlySet<string> = new Set([
  'actor',
  'resource',
  'request',
  'error',
  'changes',
  'details',
  'metadata',
]);

/** The names of an event's facts, as `audit_fact_names` has them. */
export function factNames(sealed: AuditEvent): readonly string[] {
  return Object.entries(sealed).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (!OPENED.has(name) || typeof value !== 'object' || value === null || Array.isArray(value)) return [`/${name}`];
    return Object.keys(value).map((field) => `/${name}/${escapeName(field)}`);
  });
}
