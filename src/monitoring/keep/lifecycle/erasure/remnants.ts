import type { AuditEvent } from '../../../../audit/nest-free.js';
import type { AccessOptions } from '../../../read/access/ledger-access.js';
import { escapeName } from '../../../proof/sealing/own-fields.js';
import type { LedgerQueries } from '../../../store/sessions/ledger-session.js';
import type { ErasureRemnants, ExternalCopy } from './erasure.dto.js';
import { createIdentifierTest, type Person } from './match-identifiers.js';

/** A note has at most 1,000,000 bytes. */
const MAX_EXPORTS = 1_000;
const MAX_FACTS = 1_000;
const OTHER_FACTS = '/…';

const FACT_NAMES = 'SELECT name, events FROM audit_fact_names($1::uuid[])';
const SELECT_EXPORTS = `
  SELECT export_id AS "exportId", to_char(exported_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "exportedAt",
         is_certain AS "isCertain"
    FROM audit_exports_with($1::bigint[], $2::integer)`;

/** Erasures do not change these rows, because signed acts state digests of their texts. */
const SELECT_SIGNED_TEXTS = {
  legal_holds: 'SELECT reason, release_reason, placed_by, released_by FROM audit_legal_hold',
  erasure_requests: 'SELECT reason FROM audit_erasure',
} as const satisfies Partial<Record<ExternalCopy, string>>;

/** Adds the facts of the given events to the remains of an erasure. Rejects with the error of the PostgreSQL client. */
export async function addFactsOfEvents(
  session: LedgerQueries,
  remnants: ErasureRemnants,
  eventIds: readonly string[],
): Promise<ErasureRemnants> {
  if (eventIds.length === 0) return remnants;
  const rows = await session.rows(FACT_NAMES, [eventIds]);
  return addFacts(
    remnants,
    rows.map(({ name, events }) => [String(name), Number(events)]),
  );
}

/** Adds facts. Every event has the fact `/id`. The count of `/id` is thus the number of events. */
export function addFacts(
  remnants: ErasureRemnants,
  found: Iterable<readonly [name: string, events: number]>,
): ErasureRemnants {
  const facts = new Map(Object.entries(remnants.facts));
  for (const [name, count] of found) {
    const known = facts.has(name) || facts.size < MAX_FACTS ? name : OTHER_FACTS;
    facts.set(known, (facts.get(known) ?? 0) + count);
  }
  return { ...remnants, events: facts.get('/id') ?? 0, facts: Object.fromEntries(facts) };
}

/**
 * Adds to the remains the copies that an erasure cannot reach: exports with erased events, and copies outside the ledger. Rejects with the
 * errors of the PostgreSQL client.
 *
 * @param acts the numbers of the erasure's acts
 * @param person also searched for in the texts of legal holds and of requests for erasures
 */
export async function addUnreached(
  session: LedgerQueries,
  remnants: ErasureRemnants,
  acts: readonly number[],
  { subjectId, identifiers }: Person,
  { recordReads }: Pick<AccessOptions, 'recordReads'>,
): Promise<ErasureRemnants> {
  const exports = await session.rows(SELECT_EXPORTS, [acts, MAX_EXPORTS]);
  const isNaming = createIdentifierTest([subjectId, ...identifiers]);
  const stated: ExternalCopy[] = [];
  for (const [index, rows] of Object.entries(SELECT_SIGNED_TEXTS))
    if ((await session.rows(rows)).some(isNaming)) stated.push(index as keyof typeof SELECT_SIGNED_TEXTS); // its keys
  const hasArchives = Object.keys(remnants.archives).length > 0 || remnants.removedArchives.length > 0;
  return {
    ...remnants,
    exports: exports as readonly unknown[] as ErasureRemnants['exports'], // the statement selects these columns
    outside: [
      'backups',
      'write_ahead_logs',
      ...(hasArchives ? (['archive_copies'] as const) : []),
      ...(recordReads ? [] : (['unrecorded_exports'] as const)),
      ...stated,
    ],
  };
}

const EXPANDED_FIELDS: ReadonlySet<string> = new Set([
  'actor',
  'resource',
  'request',
  'error',
  'changes',
  'details',
  'metadata',
]);

/** Returns the names of an event's facts. Applies the rules of `audit_fact_names`. */
export function listFactNames(sealed: AuditEvent): readonly string[] {
  return Object.entries(sealed).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (!EXPANDED_FIELDS.has(name) || typeof value !== 'object' || value === null || Array.isArray(value))
      return [`/${name}`];
    return Object.keys(value).map((field) => `/${name}/${escapeName(field)}`);
  });
}

const EXTERNAL_COPY_LABELS: Readonly<Record<ExternalCopy, string>> = {
  backups: 'backups of the database',
  write_ahead_logs: 'write-ahead logs',
  archive_copies: 'copies of archives',
  unrecorded_exports: 'exports, which are unknown because the ledger does not record reads',
  legal_holds: 'texts of legal holds that name the person, in audit_legal_hold',
  erasure_requests: 'texts of requests for erasures that name the person, in audit_erasure',
};

/** Returns lines of text about the remains of an erasure. Returns no lines if nothing remains. */
export function describeRemnants(remnants: ErasureRemnants): readonly string[] {
  const { events, facts, archives, removedArchives, exports, outside } = remnants;
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
    ...(outside.length > 0 ? [`Not reached: ${outside.map((index) => EXTERNAL_COPY_LABELS[index]).join('; ')}.`] : []),
  ];
}
