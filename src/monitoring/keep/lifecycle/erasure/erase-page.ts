import type { AuditEvent } from '../../../../audit/nest-free.js';
import { isSameHash } from '../../../proof/log/merkle/hashes.js';
import { verifyInclusion } from '../../../proof/log/merkle/verify-inclusion.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../../proof/log/notes/checkpoint.js';
import { proveInclusion } from '../../../proof/log/tiles/prove-inclusion.js';
import { cacheTiles } from '../../../proof/log/tiles/tile-reader.js';
import type { PersonalPart } from '../../../proof/sealing/personal-part.js';
import { isRelatedTo, listRelated } from '../../archive/archive-line.js';
import { FIRST_ID, parseIdTime } from '../../../store/id-time.js';
import { toEvent, LEDGER_COLUMNS, parsePersonalPart, type LedgerRow } from '../../../store/ledger-row.js';
import type { LogReader } from '../../../store/log-reading/log-reader.service.js';
import type { LedgerQueries } from '../../../store/sessions/ledger-session.js';
import { checkRow, findRowProblem } from '../../../store/stored-rows/check-row.js';
import type { EventRows } from './archived-events.js';
import type { Erasure, ErasureCounts, ErasureRelation } from './erasure.dto.js';
import { createIdentifierTest, listSearchTerms, type Person } from './match-identifiers.js';
import { MustWaitError } from '../lifecycle.error.js';
import { addFactsOfEvents } from './remnants.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';

/** The events that an erasure selects: those by or about a person, with an event id below `until`. */
export interface ErasureTarget extends Person {
  /** Events with this id or a greater id are not erased. */
  readonly until: string;
}

/** The result of one transaction that erased events, or only counted them. */
export interface ErasedPage {
  readonly erased: readonly { readonly id: string; readonly relation: ErasureRelation }[];
  readonly held: number;
  readonly refused: number;
  readonly namedInFacts: number;
  /** The ids of the events that have no personal part after this transaction. */
  readonly remaining: readonly string[];
  /** The id of the last searched event; `undefined` if no event follows `after`. */
  readonly last: string | undefined;
}

export interface VerifiedEvents {
  /** The rows that match the signed tree, by the ids of their events. */
  readonly proven: ReadonlyMap<string, LedgerRow>;
  /** Whether some of the compared events are not sealed yet. */
  readonly isAnyWaiting: boolean;
  /** The number of compared events that are never sealed, because the ledger's writer did not write them. */
  readonly refused: number;
}

export type VerifySealed = (ids: readonly string[]) => Promise<VerifiedEvents>;

/** A transaction locks the rows of this number of events for some milliseconds. */
const ERASE_PAGE_SIZE = 1_000;
export const SEARCH_PAGE_SIZE = 250;

export const SELECT_EVENTS_ABOUT =
  'SELECT id, relation, is_personal, is_held FROM audit_events_about($1::text, $2::uuid, $3::uuid, $4::integer)';
export const SELECT_EVENTS_WITH_IDENTIFIERS =
  'SELECT * FROM audit_events_naming($1::text[], $2::uuid, $3::uuid, $4::integer)';
const ERASE_EVENTS = 'SELECT audit_erase($1::uuid[]) AS id';
const SELECT_SEALED = `
  SELECT ${LEDGER_COLUMNS}, leaf_hash, leaf.index AS place
    FROM audit_event LEFT JOIN LATERAL (SELECT index FROM audit_leaf WHERE event_id = id ORDER BY index LIMIT 1) leaf ON true
   WHERE id = ANY ($1::uuid[])`;

interface Found {
  readonly id: string;
  readonly relation: ErasureRelation;
  /** Whether a legal hold covers the event. */
  readonly isHeld: boolean;
}

/** Erases the next events by or about the person, after the id `after`. Without `prove`, only counts. Runs in the caller's transaction. */
export async function eraseRelated(
  session: LedgerQueries,
  target: ErasureTarget,
  after: string = FIRST_ID,
  prove?: VerifySealed,
): Promise<ErasedPage> {
  const rows = await session.rows(SELECT_EVENTS_ABOUT, [target.subjectId, after, target.until, ERASE_PAGE_SIZE]);
  const found = rows
    .filter((row) => row.is_personal === true)
    .map((row) => ({ id: String(row.id), relation: row.relation as ErasureRelation, isHeld: row.is_held === true })); // audit_events_about() returns these relations
  const page = await erase(session, found, (row) => isAboutPerson(toEvent(row), target.subjectId), prove);
  const facts = rows.filter((row) => row.is_personal !== true).map(({ id }) => String(id));
  return { ...page, namedInFacts: 0, remaining: [...toIds(page.erased), ...facts], last: getLastId(rows) };
}

/**
 * Erases the next events after the id `after` that name the person by an identifier, but are neither by nor about the person. Without
 * `prove`, only counts. Counts separately the events whose facts name the person, because facts are not erased. Runs in the caller's
 * transaction.
 */
export async function eraseNaming(
  session: LedgerQueries,
  target: ErasureTarget,
  after: string = FIRST_ID,
  prove?: VerifySealed,
): Promise<ErasedPage> {
  const { identifiers, subjectId, until } = target;
  const rows = await session.rows(SELECT_EVENTS_WITH_IDENTIFIERS, [
    listSearchTerms(identifiers),
    after,
    until,
    SEARCH_PAGE_SIZE,
  ]);
  const isNaming = createIdentifierTest(identifiers);
  const found: Found[] = [];
  let namedInFacts = 0;
  for (const row of rows) {
    if (isNaming(row.facts)) namedInFacts++;
    if (!isRowAbout(row, subjectId) && isNaming(row.personal)) {
      found.push({ id: String(row.id), relation: 'identifier', isHeld: row.is_held === true });
    }
  }
  // The images of row changes have digests of their own.
  const isNamed = (row: LedgerRow): boolean => isNaming(parsePersonalPart(row)) || row.category === 'data_change';
  const page = await erase(session, found, isNamed, prove);
  return { ...page, namedInFacts, remaining: toIds(page.erased), last: getLastId(rows) };
}

/** Erases the next events of a list after the id `after`, for a repeated erasure. Runs in the caller's transaction. */
export async function eraseListed(
  session: LedgerQueries,
  eventIds: readonly string[],
  after: string = FIRST_ID,
): Promise<ErasedPage> {
  const listed = eventIds
    .filter((id) => id > after)
    .toSorted()
    .slice(0, ERASE_PAGE_SIZE);
  const rows = listed.length === 0 ? [] : await session.rows(ERASE_EVENTS, [listed]);
  const erased = rows.map((row) => ({ id: String(row.id), relation: 'replayed' as const }));
  return { erased, held: 0, refused: 0, namedInFacts: 0, remaining: listed, last: listed.at(-1) };
}

/** Adds the result of one transaction to the counts of an erasure. Runs in the transaction that erased the events. */
export async function addPage(
  session: LedgerQueries,
  { counts, remnants }: Pick<Erasure, 'counts' | 'remnants'>,
  { erased, held, refused, namedInFacts, remaining }: ErasedPage,
): Promise<Pick<Erasure, 'counts' | 'remnants'>> {
  return {
    counts: {
      ...counts,
      events: addByMonth(counts.events, erased),
      held: counts.held + held,
      refused: counts.refused + refused,
      namedInFacts: counts.namedInFacts + namedInFacts,
    },
    remnants: await addFactsOfEvents(session, remnants, remaining),
  };
}

export function addByMonth(counts: ErasureCounts['events'], erased: ErasedPage['erased']): ErasureCounts['events'] {
  const events: Record<string, Partial<Record<ErasureRelation, number>>> = { ...counts };
  for (const { id, relation } of erased) {
    const month = parseIdTime(id).toISOString().slice(0, 'yyyy-mm'.length);
    events[month] = { ...events[month], [relation]: (events[month]?.[relation] ?? 0) + 1 };
  }
  return events;
}

/**
 * Compares the rows of events with the signed tree before the events are erased. Otherwise an attacker who can change rows could cause the
 * erasure of another person's events. Rejects with the error of the PostgreSQL client.
 *
 * @param eventRows reads committed rows
 * @throws `AUDIT_ACTS_CONTRADICTED` if a row differs from the sealed event
 */
export async function proveSealed(
  eventRows: EventRows,
  log: Pick<LogReader, 'newestCheckpoint' | 'readTile'>,
  trust: CheckpointTrust,
  ids: readonly string[],
): Promise<VerifiedEvents> {
  const proven = new Map<string, LedgerRow>();
  let isAnyWaiting = false;
  let refused = 0;
  if (ids.length === 0) return { proven, isAnyWaiting, refused };
  const newest = await log.newestCheckpoint();
  const head = newest && verifyCheckpoint(newest.note, trust).checkpoint;
  const readTile = cacheTiles(log.readTile);
  for (const row of await eventRows(SELECT_SEALED, [ids])) {
    const id = String(row.id);
    const checked = checkRow(row);
    const why = findRowProblem(checked);
    const index = row.place === null ? undefined : Number(row.place);
    if (index === undefined && why !== undefined) refused++;
    else if (index === undefined || !head || index >= head.size) isAnyWaiting = true;
    else {
      const hashes = await proveInclusion(index, head.size, readTile);
      const proof = { index, size: head.size, leafHash: checked.row ?? new Uint8Array(), hashes };
      if (why !== undefined || !isSameHash(checked.own, proof.leafHash) || !verifyInclusion(proof, head.rootHash))
        throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`the event ${id} differs from the sealed event at its index`);
      proven.set(id, row);
    }
  }
  return { proven, isAnyWaiting, refused };
}

/** @param isOne whether the sealed event is one that the erasure selects: the row that the search found may have been another one */
async function erase(
  session: LedgerQueries,
  found: readonly Found[],
  isOne: (row: LedgerRow) => boolean,
  prove: VerifySealed | undefined,
): Promise<Pick<ErasedPage, 'erased' | 'held' | 'refused'>> {
  const free = found.filter(({ isHeld }) => !isHeld);
  const held = found.length - free.length;
  if (!prove || free.length === 0) return { erased: free, held, refused: 0 };
  const { proven, isAnyWaiting, refused } = await prove(toIds(free));
  if (isAnyWaiting) throw new MustWaitError('events of the person are not sealed yet');
  for (const [id, row] of proven)
    if (!isOne(row))
      throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`the event ${id} was changed while the erasure searched it`);
  const ids = new Set((await session.rows(ERASE_EVENTS, [[...proven.keys()]])).map(({ id }) => String(id)));
  if (ids.size === proven.size) return { erased: free.filter(({ id }) => ids.has(id)), held, refused };
  throw lifecycleErrors.AUDIT_ACTS_CONTRADICTED(
    `${proven.size - ids.size} event(s) were not erased, although no legal hold covers them`,
  );
}

function isAboutPerson({ actor, resource, related, type }: AuditEvent, subjectId: string): boolean {
  return isRowAbout(
    {
      actor_id: actor.id,
      on_behalf_of: actor.onBehalfOf?.id,
      resource_type: resource?.type,
      resource_id: resource?.id,
      related,
      type,
    },
    subjectId,
  );
}

/** Whether the event is by, on behalf of, or about the person. Applies the rules of `audit_events_about`. */
export function isRowAbout(row: LedgerRow, subjectId: string): boolean {
  const { actor_id: actorId, on_behalf_of: onBehalfOf, resource_type: resourceType, resource_id: resourceId } = row;
  const [rest] = Array.isArray(row.personal) ? (row.personal as readonly (PersonalPart | null)[]) : []; // as audit_events_naming() returns it
  if (actorId === subjectId || onBehalfOf === subjectId) return true;
  if (isRelatedTo(listRelated(row.related, rest), subjectId)) return true;
  return resourceType === 'user' && resourceId === subjectId && row.type !== 'audit_subject_erased';
}

function toIds(events: ErasedPage['erased']): readonly string[] {
  return events.map(({ id }) => id);
}

function getLastId(rows: readonly LedgerRow[]): string | undefined {
  const last = rows.at(-1);
  return last && String(last.id);
}
