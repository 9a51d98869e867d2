import type { AuditEvent } from '../../../../audit/plain.js';
import { VERIFIED_TYPES } from '../exact-json.js';
import { factsOfRow, type LedgerRow } from '../ledger-row.js';
import type { LedgerSession } from '../ledger-session.js';
import { checkRow, whyRefused } from './check-row.js';
import { COPIED_EXPRESSIONS, placeOf } from './copied-events.js';
import { EventBytes } from './event-bytes.js';
import { hexOf, keyOfId } from './id-keys.js';
import { VERIFIED_COLUMNS } from './verified-columns.js';

const ID = placeOf('id');
const LEAF_HASH = placeOf('leaf_hash');
const TYPE = placeOf('type');

const OF_IDS = 'FROM audit_event WHERE id = ANY';
/** Rows are read some at a time, so that other work of the process gets its turn: each may have some hundred KiB. */
const [COPIED_ROWS, EXAMINED_ROWS] = [512, 32];

/** Which events need more than a row that is of its leaf hash. */
export interface NeededOfEvents {
  readonly types: ReadonlySet<string>;
  /** Why an event of these types is refused; `undefined` where it is not. */
  readonly whyRefused: (facts: AuditEvent) => string | undefined;
}

/**
 * Finds the events whose rows do not match their leaf hashes, or cannot be read: any login that may add events can write such a row.
 * Resolves with the reasons, by the events' ids. An event that is gone is not among them. Rejects with the client's error.
 *
 * @param waiting the leaf hashes that events were queued with by their ids, both as bytes in texts
 */
export async function findRefused(
  session: LedgerSession,
  waiting: ReadonlyMap<string, string>,
  needed: NeededOfEvents,
): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  if (waiting.size === 0) return refused;
  const doubtful = new Map(waiting);
  const event = new EventBytes();
  const ids = [...waiting.keys()].map(hexOf);
  for (let start = 0; start < ids.length; start += COPIED_ROWS) {
    const page = ids.slice(start, start + COPIED_ROWS).join(','); // COPY takes no parameters
    await event.row.copyRows(session, `SELECT ${COPIED_EXPRESSIONS} ${OF_IDS} ('{${page}}'::uuid[])`, () => {
      const id = event.row.keyOf(ID);
      const leafHash = waiting.get(id);
      if (leafHash !== undefined && isOfWriter(event, leafHash) && !needed.types.has(event.row.keyOf(TYPE)))
        doubtful.delete(id);
    });
  }
  const left = [...doubtful.keys()].map(hexOf);
  for (let start = 0; start < left.length; start += EXAMINED_ROWS) {
    const text = `SELECT ${VERIFIED_COLUMNS} ${OF_IDS} ($1::uuid[])`;
    const values = [left.slice(start, start + EXAMINED_ROWS)];
    const { rows } = await session.query({ text, values, types: VERIFIED_TYPES });
    for (const row of rows) {
      const id = String(row.id);
      const leafHash = Buffer.from(waiting.get(keyOfId(id)) ?? '', 'latin1');
      const why = whyRefused(checkRow(row), leafHash) ?? whyNeeded(row, needed);
      if (why !== undefined) refused.set(id, why);
    }
  }
  return refused;
}

function whyNeeded(row: LedgerRow, { types, whyRefused: why }: NeededOfEvents): string | undefined {
  return types.has(String(row.type)) ? why(factsOfRow(row)) : undefined;
}

/** At first sight, as all rows are that the ledger's writer made. */
function isOfWriter(event: EventBytes, leafHash: string): boolean {
  try {
    const isOfRow = event.leafHash() === leafHash && event.row.is(LEAF_HASH, leafHash);
    return isOfRow && event.lookAtPersonal() !== 'doubtful' && event.isCanonical();
  } catch {
    return false; // why is found when it is looked at again
  }
}
