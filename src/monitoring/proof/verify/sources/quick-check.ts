import { HASH_BYTES } from '../../log/merkle/hashes.js';
import { TILE_WIDTH } from '../../log/tiles/tile-address.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import {
  matchesOwnLeaf,
  JSON_COLUMNS,
  checkPersonal,
  getColumnPosition,
  TEXT_COLUMNS,
  type TextRow,
} from '../../../store/stored-rows/event-texts.js';
import type { LeafSpan } from './log-source.js';
import { IS_INDEX } from '../read-heads.js';
import type { RetiredEvents } from './retired-events.js';

export interface RangeFacts {
  /** The stored tiles of level 0, by their index. */
  readonly tiles: ReadonlyMap<number, Uint8Array>;
  readonly retired: RetiredEvents;
}

/**
 * The state of a leaf's event: undamaged (`whole`), undamaged with an erased personal part (`erased`), or retired. The quick check decides
 * only where all sources agree; other leaves are `doubtful`.
 */
export type LeafState = 'whole' | 'erased' | 'retired' | 'doubtful';

const [ID, LEAF_HASH] = ['id', 'leaf_hash'].map(getColumnPosition) as [number, number]; // one for each name

const LEAVES = `
  SELECT index::bigint, event_id::uuid, leaf_hash FROM audit_leaf WHERE index >= $1 AND index < $2 AND ${IS_INDEX} ORDER BY index`;
/** Each id is looked up separately, so an event outside the month of its id is not found. */
const EVENTS = `
  SELECT event.* FROM unnest($1::uuid[]) AS wanted (wanted)
   CROSS JOIN LATERAL (SELECT ${TEXT_COLUMNS} FROM audit_event WHERE id = wanted OFFSET 0) AS event`;
const NO_ROW = 'SELECT * FROM audit_event LIMIT 0';
const JSON_TYPE = 114;

/**
 * Reads leaves, and finds those without damage: the leaf hash computed from the event's row equals the row's column, the stored leaf and
 * the tile. This fast check decides only where all of these agree. `examineLeaves` examines the other leaves. Rejects with the error of the
 * database client.
 */
export async function checkLeavesInDatabase(
  snapshot: LedgerSession,
  span: LeafSpan,
  { tiles, retired }: RangeFacts,
): Promise<LeafState[]> {
  const seen = new Array<LeafState | undefined>(span.to - span.from).fill(undefined);
  if (!(await hasJsonSupport(snapshot))) return seen.fill('doubtful') as LeafState[]; // every element is set
  const leaves = await readLeaves(snapshot, span, tiles);
  const nths = new Map(leaves.flatMap((leaf, nth) => (leaf ? [[leaf.id, nth] as const] : [])));
  await snapshot.eachText(EVENTS, [[...nths.keys()]], 'verify_events', (row) => {
    const nth = nths.get(String(row[ID]));
    if (nth === undefined) return;
    // If several rows have the same id, this check accepts none of these rows.
    const isOnly = seen[nth] === undefined && row[LEAF_HASH] === leaves[nth]?.leafHash;
    seen[nth] = isOnly && !retired.isOver(span.from + nth) ? checkEvent(row) : 'doubtful';
  });
  return seen.map((state, nth) => {
    const id = leaves[nth]?.id;
    return state ?? (id !== undefined && retired.isRetired(span.from + nth, id) ? 'retired' : 'doubtful');
  });
}

interface PageLeaf {
  readonly id: string;
  readonly leafHash: string;
}

/** A leaf's position is its index minus `from`. Leaves that share an index, or differ from the tile, are left out. */
async function readLeaves(
  snapshot: LedgerSession,
  { from, to }: LeafSpan,
  tiles: ReadonlyMap<number, Uint8Array>,
): Promise<readonly (PageLeaf | undefined)[]> {
  const page = new Array<PageLeaf | undefined>(to - from).fill(undefined);
  let before: number | undefined;
  await snapshot.eachText(LEAVES, [from, to], 'verify_leaves', ([sequence, id, leafHash]) => {
    const index = Number(sequence);
    const isKnown = index !== before && id && leafHash && leafHash === hashInTile(index, tiles);
    page[index - from] = isKnown ? { id, leafHash } : undefined;
    before = index;
  });
  return page;
}

function hashInTile(index: number, tiles: ReadonlyMap<number, Uint8Array>): string {
  const at = (index % TILE_WIDTH) * HASH_BYTES;
  const tile = tiles.get(Math.floor(index / TILE_WIDTH))?.subarray(at, at + HASH_BYTES);
  return `\\x${tile?.length === HASH_BYTES ? Buffer.from(tile).toString('hex') : ''}`;
}

function checkEvent(row: TextRow): LeafState {
  try {
    return matchesOwnLeaf(row) ? checkPersonal(row) : 'doubtful';
  } catch {
    return 'doubtful'; // `examineLeaves` finds the reason
  }
}

const known = new WeakMap<LedgerSession, Promise<boolean>>();

/** The types of columns cannot change within a snapshot, so each session reads the types once. */
async function hasJsonSupport(snapshot: LedgerSession): Promise<boolean> {
  const read = async (): Promise<boolean> => {
    const { fields } = await snapshot.query({ text: NO_ROW });
    const types = new Map(fields.map(({ name, dataTypeID: type }) => [name, type]));
    return JSON_COLUMNS.every((column) => types.get(column) === JSON_TYPE);
  };
  const result = known.get(snapshot) ?? read();
  known.set(snapshot, result);
  return result;
}
