import type { AuditEvent } from '../../../../audit/nest-free.js';
import type { AccessOptions } from '../../../read/access/ledger-access.js';
import { escapeName } from '../../../proof/sealing/own-fields.js';
import type { LedgerQueries } from '../../../store/sessions/ledger-session.js';
import type { ErasureRemains, OutsideCopy } from './erasure.dto.js';
import { identifierTest, type Person } from './match-identifiers.js';

/** A note has at most 1,000,000 bytes. */
const MOST_EXPORTS = 1_000;
const MOST_FACTS = 1_000;
const OTHERS = '/…';

const FACT_NAMES = 'SELECT name, events FROM audit_fact_names($1::uuid[])';
const EXPORTS = `
  SELECT export_id AS "exportId", to_char(exported_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "exportedAt",
         is_certain AS "isCertain"
    FROM audit_exports_with($1::bigint[], $2::integer)`;

/** Erasures do not change these rows, because signed acts state digests of their texts. */
const STATED = {
  legal_holds: 'SELECT reason, release_reason, placed_by, released_by FROM audit_legal_hold',
  erasure_requests: 'SELECT reason FROM audit_erasure',
} as const satisfies Partial<Record<OutsideCopy, string>>;

/** Adds the facts of the given events to the remains of an erasure. Rejects with the error of the PostgreSQL client. */
export async function addFactsOf(
  custodian: LedgerQueries,
  remains: ErasureRemains,
  eventIds: readonly string[],
): Promise<ErasureRemains> {
  if (eventIds.length === 0) return remains;
  const rows = await custodian.rows(FACT_NAMES, [eventIds]);
  return addFacts(
    remains,
    rows.map(({ name, events }) => [String(name), Number(events)]),
  );
}

/** Adds facts. Every event has the fact `/id`. The count of `/id` is thus the number of events. */
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

/**
 * Adds to the remains the copies that an erasure cannot reach: exports with erased events, and copies outside the ledger. Rejects with the
 * errors of the PostgreSQL client.
 *
 * @param acts the numbers of the erasure's acts
 * @param person also searched for in the texts of legal holds and of requests for erasures
 */
export async function addUnreached(
  custodian: LedgerQueries,
  remains: ErasureRemains,
  acts: readonly number[],
  { subjectId, identifiers }: Person,
  { recordReads }: Pick<AccessOptions, 'recordReads'>,
): Promise<ErasureRemains> {
  const exports = await custodian.rows(EXPORTS, [acts, MOST_EXPORTS]);
  const isNaming = identifierTest([subjectId, ...identifiers]);
  const stated: OutsideCopy[] = [];
  for (const [place, rows] of Object.entries(STATED))
    if ((await custodian.rows(rows)).some(isNaming)) stated.push(place as keyof typeof STATED); // its keys
  const hasArchives = Object.keys(remains.archives).length > 0 || remains.removedArchives.length > 0;
  return {
    ...remains,
    exports: exports as readonly unknown[] as ErasureRemains['exports'], // the statement selects these columns
    outside: [
      'backups',
      'write_ahead_logs',
      ...(hasArchives ? (['archive_copies'] as const) : []),
      ...(recordReads ? [] : (['unrecorded_exports'] as const)),
      ...stated,
    ],
  };
}

const OPENED: ReadonlySet<string> = new Set([
  'actor',
  'resource',
  'request',
  'error',
  'changes',
  'details',
  'metadata',
]);

/** Returns the names of an event's facts. Applies the rules of `audit_fact_names`. */
export function factNames(sealed: AuditEvent): readonly string[] {
  return Object.entries(sealed).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (!OPENED.has(name) || typeof value !== 'object' || value === null || Array.isArray(value)) return [`/${name}`];
    return Object.keys(value).map((field) => `/${name}/${escapeName(field)}`);
  });
}

const OUTSIDE: Readonly<Record<OutsideCopy, string>> = {
  backups: 'backups of the database',
  write_ahead_logs: 'write-ahead logs',
  archive_copies: 'copies of archives',
  unrecorded_exports: 'exports, which are unknown because the ledger does not record reads',
  legal_holds: 'texts of legal holds that name the person, in audit_legal_hold',
  erasure_requests: 'texts of requests for erasures that name the person, in audit_erasure',
};

/** Returns lines of text about the remains of an erasure. Returns no lines if nothing remains. */
export function describeRemains(remains: ErasureRemains): readonly string[] {
  const { events, facts, archives, removedArchives, exports, outside } = remains;
  if (events === 0 && exports.length === 0 && outside.length === 0) return [];
  const names = Object.entries(facts).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return [
    `What remains: ${events} event(s) as sealed facts${names.length > 0 ? ', of these fields:' : '.'}`,
    ...names.map(([name, count]) => `  ${name}: ${count}`),
    ...Object.entries(archives).map(([archive, count]) => `The archive ${archive} contains ${count} of these events.`),
    ...removedArchives.map(
      (archive) => `The archive ${archive} was removed before the erasure. Copies of it were not changed.`,
    ),
    ...exports.map(
      ({ exportId, exportedAt, isCertain }) =>
        `The export ${exportId} of ${exportedAt} ${isCertain ? 'has' : 'may have'} the person's data.`,
    ),
    ...(outside.length > 0 ? [`Not reached: ${outside.map((place) => OUTSIDE[place]).join('; ')}.`] : []),
  ];
}
