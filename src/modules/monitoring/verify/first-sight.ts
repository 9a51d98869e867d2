import type { LedgerSession } from '../store/sessions/ledger-session.js';
import {
  isOfOwnLeaf,
  JSON_COLUMNS,
  lookAtPersonal,
  placeOf,
  TEXT_COLUMNS,
  type TextRow,
} from '../store/stored-rows/event-texts.js';
import { readLeaves } from './leaf-page.js';
import type { RetiredPlaces } from './retired-places.js';

/** The data that places are compared with. */
export interface PlaceWitnesses {
  /** The stored tiles of level 0, by their index. */
  readonly tiles: ReadonlyMap<number, Uint8Array>;
  readonly retired: RetiredPlaces;
}

/**
 * The result of a first look at a place. All witnesses agree, and its personal part is present (`whole`) or erased, or its event is
 * retired; or they do not all agree (`doubtful`).
 */
export type FirstSight = 'whole' | 'erased' | 'retired' | 'doubtful';

const [ID, LEAF_HASH] = ['id', 'leaf_hash'].map(placeOf) as [number, number]; // one for each name

/** Looks up each id alone: an event that is stored in another month than its id's is not found. */
const EVENTS = `
  SELECT event.* FROM unnest($1::uuid[]) AS wanted (wanted)
   CROSS JOIN LATERAL (SELECT ${TEXT_COLUMNS} FROM audit_event WHERE id = wanted OFFSET 0) AS event`;
const NO_ROW = 'SELECT * FROM audit_event LIMIT 0';
const JSON_TYPE = 114;

/**
 * Reads places and finds those without damage: the leaf computed from the event's row equals its column, the stored leaf and the tile. It
 * is made for speed, and only needs to be right where all agree; `readCursor` examines the other places. Rejects with the client's error.
 */
export async function lookAtPlaces(
  snapshot: LedgerSession,
  places: { readonly from: number; readonly to: number },
  { tiles, retired }: PlaceWitnesses,
): Promise<readonly FirstSight[]> {
  const seen = new Array<FirstSight | undefined>(places.to - places.from).fill(undefined);
  if (!(await holdsJson(snapshot))) return seen.fill('doubtful') as FirstSight[]; // all of them
  const leaves = await readLeaves(snapshot, places, tiles);
  const nths = new Map(leaves.flatMap((leaf, nth) => (leaf ? [[leaf.id, nth] as const] : [])));
  await snapshot.eachText(EVENTS, [[...nths.keys()]], 'verify_events', (row) => {
    const nth = nths.get(String(row[ID]));
    if (nth === undefined) return;
    // If several rows have the same id, none is accepted.
    const isOnly = seen[nth] === undefined && row[LEAF_HASH] === leaves[nth]?.leafHash;
    seen[nth] = isOnly && !retired.isOver(places.from + nth) ? lookAtEvent(row) : 'doubtful';
  });
  return seen.map((sight, nth) => {
    const id = leaves[nth]?.id;
    return sight ?? (id !== undefined && retired.isRetired(places.from + nth, id) ? 'retired' : 'doubtful');
  });
}

/** Looks at an event whose leaf, tile and column agree. */
function lookAtEvent(row: TextRow): FirstSight {
  try {
    return isOfOwnLeaf(row) ? lookAtPersonal(row) : 'doubtful';
  } catch {
    return 'doubtful'; // the reason is found when it is examined
  }
}

const known = new WeakMap<LedgerSession, Promise<boolean>>();

/** Whether the columns for JSON can hold only JSON. Read once for each session, since the snapshot prevents changes. */
async function holdsJson(snapshot: LedgerSession): Promise<boolean> {
  const read = async (): Promise<boolean> => {
    const { fields } = await snapshot.query({ text: NO_ROW });
    const types = new Map(fields.map(({ name, dataTypeID: type }) => [name, type]));
    return JSON_COLUMNS.every((column) => types.get(column) === JSON_TYPE);
  };
  const answer = known.get(snapshot) ?? read();
  known.set(snapshot, answer);
  return answer;
}
