import type { LedgerQueries } from '../../store/sessions/ledger-session.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import { ActsContradictedError } from '../acts-contradicted.error.js';
import type { ErasedPage, ErasureRelation } from './erasure.js';
import { identifierTest, needlesOf } from './match-identifiers.js';
import { MustWaitError } from './privacy.error.js';
import type { SealedEvents } from './sealed-events.js';

/** The events that an erasure covers. */
export interface ErasureTarget {
  readonly subjectId: string;
  readonly identifiers: readonly string[];
  /** Events from this id on are left alone. */
  readonly until: string;
}

/** Checks events against the signed tree before they are erased: see `proveSealed`. */
export type ProveSealed = (ids: readonly string[]) => Promise<SealedEvents>;

export interface WalkedPage extends ErasedPage {
  /** Its events that contain only facts afterwards. */
  readonly remaining: readonly string[];
  /** Its last event; absent when no event follows `after`. */
  readonly last: string | undefined;
}

/** An id smaller than that of every event. */
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** The number of events that one transaction erases: it locks rows for some milliseconds, and nobody else changes these. */
const ERASED_AT_ONCE = 1_000;
/** The number of events that one statement searches. */
const SEARCHED_AT_ONCE = 250;

const EVENTS_OF = 'SELECT id, relation, is_personal, is_held FROM audit_events_of($1, $2, $3, $4)';
const EVENTS_NAMING = 'SELECT * FROM audit_events_naming($1, $2, $3, $4)';
const ERASE = 'SELECT audit_erase($1::uuid[]) AS id';

/** An event that names the person, or is the person's. */
interface Found {
  readonly id: string;
  readonly relation: ErasureRelation;
  /** Whether a legal hold covers it. */
  readonly isHeld: boolean;
}

/** Erases the next events by or about the person, after `after`; only counts them without `prove`. Runs in the caller's transaction. */
export async function eraseRelated(
  keeper: LedgerQueries,
  target: ErasureTarget,
  after: string = FIRST_ID,
  prove?: ProveSealed,
): Promise<WalkedPage> {
  const rows = await keeper.rows(EVENTS_OF, [target.subjectId, after, target.until, ERASED_AT_ONCE]);
  const found = rows
    .filter((row) => row.is_personal === true)
    .map((row) => ({ id: String(row.id), relation: row.relation as ErasureRelation, isHeld: row.is_held === true })); // as the function has it
  const page = await erase(keeper, found, prove);
  const facts = rows.filter((row) => row.is_personal !== true).map(({ id }) => String(id));
  return { ...page, namedInFacts: 0, remaining: [...idsOf(page.erased), ...facts], last: lastOf(rows) };
}

/**
 * Erases, among the next events after `after`, those that name the person by an identifier and are neither by nor about the person. Counts
 * the events whose facts name the person. Runs in the caller's transaction.
 */
export async function eraseNaming(
  keeper: LedgerQueries,
  target: ErasureTarget,
  after: string = FIRST_ID,
  prove?: ProveSealed,
): Promise<WalkedPage> {
  const { identifiers, subjectId, until } = target;
  const rows = await keeper.rows(EVENTS_NAMING, [needlesOf(identifiers), after, until, SEARCHED_AT_ONCE]);
  const isNaming = identifierTest(identifiers);
  const found: Found[] = [];
  let namedInFacts = 0;
  for (const row of rows) {
    if (isNaming(row.facts)) namedInFacts++;
    if (!isOf(row, subjectId) && isNaming(row.personal)) {
      found.push({ id: String(row.id), relation: 'identifier', isHeld: row.is_held === true });
    }
  }
  const page = await erase(keeper, found, prove);
  return { ...page, namedInFacts, remaining: idsOf(page.erased), last: lastOf(rows) };
}

/** Erases the next of these events, which an earlier erasure had erased, after `after`. Runs in the caller's transaction. */
export async function eraseListed(
  keeper: LedgerQueries,
  eventIds: readonly string[],
  after: string = FIRST_ID,
): Promise<WalkedPage> {
  const listed = eventIds
    .filter((id) => id > after)
    .toSorted()
    .slice(0, ERASED_AT_ONCE);
  const rows = listed.length === 0 ? [] : await keeper.rows(ERASE, [listed]);
  const erased = rows.map((row) => ({ id: String(row.id), relation: 'replayed' as const }));
  return { erased, held: 0, refused: 0, namedInFacts: 0, remaining: listed, last: listed.at(-1) };
}

async function erase(
  keeper: LedgerQueries,
  found: readonly Found[],
  prove: ProveSealed | undefined,
): Promise<Pick<ErasedPage, 'erased' | 'held' | 'refused'>> {
  const free = found.filter(({ isHeld }) => !isHeld);
  const held = found.length - free.length;
  if (!prove || free.length === 0) return { erased: free, held, refused: 0 };
  const { proven, isAnyWaiting, refused } = await prove(idsOf(free));
  if (isAnyWaiting) throw new MustWaitError('events of the person wait for their places in the log');
  const ids = new Set((await keeper.rows(ERASE, [[...proven]])).map(({ id }) => String(id)));
  if (ids.size === proven.size) return { erased: free.filter(({ id }) => ids.has(id)), held, refused };
  throw ActsContradictedError.create(
    `${proven.size - ids.size} event(s) were not erased, and no legal hold keeps them`,
  );
}

/** Whether the event is by or about the person, as in `audit_events_of`; it is then counted and erased as such. */
export function isOf(row: LedgerRow, subjectId: string): boolean {
  const { actor_id: actorId, on_behalf_of: onBehalfOf, resource_type: resourceType, resource_id: resourceId } = row;
  if (actorId === subjectId || onBehalfOf === subjectId) return true;
  return resourceType === 'user' && resourceId === subjectId && row.type !== 'audit_subject_erased';
}

function idsOf(events: ErasedPage['erased']): readonly string[] {
  return events.map(({ id }) => id);
}

function lastOf(rows: readonly LedgerRow[]): string | undefined {
  const last = rows.at(-1);
  return last && String(last.id);
}
