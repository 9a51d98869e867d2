import { HASH_BYTES } from '../log/merkle/hashes.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { COPIED_EXPRESSIONS, placeOf, COPIED_COLUMNS, isTypeOf } from '../store/stored-rows/copied-events.js';
import { isAt } from '../store/stored-rows/copied-fields.js';
import { EventBytes } from '../store/stored-rows/event-bytes.js';
import { hexOf, idOfKey, keyOfId } from '../store/stored-rows/id-keys.js';
import { readLeaves, type LeafPage } from './leaf-page.js';
import type { RetiredPlaces } from './retired-places.js';

/** What places are held against. */
export interface PlaceWitnesses {
  /** The stored tiles of level 0, by their index. */
  readonly tiles: ReadonlyMap<number, Uint8Array>;
  readonly retired: RetiredPlaces;
}

/** How a place looks at first sight: all agree, its personal part is there, erased, or its event retired; or not all agree. */
export type FirstSight = 'whole' | 'erased' | 'retired' | 'doubtful';

const ID = placeOf('id');
const LEAF_HASH = placeOf('leaf_hash');

const EVENTS = `SELECT ${COPIED_EXPRESSIONS} FROM audit_event`;

/** How many rows are read between two ids, at most: some are of places that are looked at another time. */
const mostRows = (wanted: number): number => 2 * wanted + 64;

interface Places {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads places and tells those where there is nothing to say: the leaf that is computed of the event's row is that of its
 * column, of the leaf and of the tile. It only needs to be right where all agree, and is made for speed: what is wrong with
 * another place is for `readCursor` to find. Rejects with the client's error.
 */
export async function lookAtPlaces(
  snapshot: LedgerSession,
  places: Places,
  witnesses: PlaceWitnesses,
): Promise<readonly FirstSight[]> {
  const { isReadable, bounds } = await layoutOf(snapshot);
  if (!isReadable) return new Array<FirstSight>(places.to - places.from).fill('doubtful');
  const leaves = await readLeaves(snapshot, places, witnesses.tiles);
  const look = new FirstLook(places, leaves, witnesses);
  const wanted = leaves.filter((id) => id !== undefined);
  // From id to id, as an index has them: to look each of them up costs the server half as much again.
  const left = bounds ? [] : wanted;
  for (const ids of bounds ? groupsOf(wanted, bounds) : []) {
    const first = ids.reduce((one, other) => (other < one ? other : one));
    const last = ids.reduce((one, other) => (other > one ? other : one));
    const most = mostRows(ids.length);
    const where = `id >= '${hexOf(first)}' AND id <= '${hexOf(last)}'`;
    if ((await look.at(snapshot, `${EVENTS} WHERE ${where} ORDER BY id LIMIT ${most}`)) < most) continue;
    // Events of long ago got places among those of now, as when a spill is replayed.
    look.doubtLast();
    left.push(...ids.filter((id) => !look.hasSeen(id)));
  }
  if (left.length > 0) await look.at(snapshot, `${EVENTS} WHERE id = ANY ('{${left.map(hexOf).join(',')}}'::uuid[])`);
  return look.sights();
}

/** Ids that are looked for in the same partition. */
function groupsOf(ids: readonly string[], bounds: readonly string[]): readonly (readonly string[])[] {
  const groups = new Map<number, string[]>();
  let nth = 0;
  for (const id of ids) {
    const isWithin =
      (nth === 0 || id >= (bounds[nth - 1] ?? '')) && (nth === bounds.length || id < (bounds[nth] ?? ''));
    if (!isWithin) nth = bounds.findLastIndex((bound) => id >= bound) + 1;
    const group = groups.get(nth);
    if (group) group.push(id);
    else groups.set(nth, [id]);
  }
  return [...groups.values()];
}

/** What has been seen of some places so far. */
class FirstLook {
  private readonly seen: (FirstSight | undefined)[];
  private readonly event = new EventBytes();
  private readonly places = new Map<string, number>();
  private next = 0;
  /** Of the last row. */
  private last: number | undefined;

  constructor(
    private readonly range: Places,
    private readonly leaves: LeafPage,
    private readonly witnesses: PlaceWitnesses,
  ) {
    this.seen = new Array<FirstSight | undefined>(leaves.length).fill(undefined);
    for (const [place, id] of leaves.entries()) if (id !== undefined) this.places.set(id, place);
  }

  /** Looks at the rows of a statement, and returns how many they are. Rejects with the client's error. */
  async at(snapshot: LedgerSession, select: string): Promise<number> {
    const { row } = this.event;
    let rows = 0;
    await row.copyRows(snapshot, select, () => {
      rows += 1;
      const id = row.keyOf(ID);
      const place = this.leaves[this.next] === id ? this.next : this.places.get(id);
      this.last = place;
      if (place === undefined) return;
      // Where several rows have an id, none is accepted.
      this.seen[place] = this.seen[place] === undefined ? this.lookAtEvent(this.range.from + place) : 'doubtful';
      this.next = place + 1;
    });
    return rows;
  }

  hasSeen(id: string): boolean {
    return this.seen[this.places.get(id) ?? -1] !== undefined;
  }

  /** The event of the last row may have further rows, which were not read. */
  doubtLast(): void {
    if (this.last !== undefined) this.seen[this.last] = 'doubtful';
  }

  sights(): readonly FirstSight[] {
    return this.seen.map((sight, place) => sight ?? (this.isRetired(place) ? 'retired' : 'doubtful'));
  }

  private isRetired(place: number): boolean {
    const id = this.leaves[place];
    if (id === undefined) return false;
    return this.witnesses.retired.isRetired(this.range.from + place, idOfKey(id));
  }

  /** The leaf and its tile agree. */
  private lookAtEvent(index: number): FirstSight {
    const { event, witnesses } = this;
    const tile = witnesses.tiles.get(Math.floor(index / TILE_WIDTH)) ?? NO_TILE;
    if (witnesses.retired.isOver(index)) return 'doubtful';
    try {
      const leaf = event.leafHash();
      if (leaf === undefined || !event.row.is(LEAF_HASH, leaf)) return 'doubtful';
      return isAt(tile, (index % TILE_WIDTH) * HASH_BYTES, leaf) ? event.lookAtPersonal() : 'doubtful';
    } catch {
      return 'doubtful'; // why it cannot be sealed is found when it is looked at again
    }
  }
}

const NO_TILE = new Uint8Array();

/** How a snapshot's server stores the events. */
interface StoredLayout {
  /** Whether binary copies of rows have the form that is read here: not where somebody gave a column another type. */
  readonly isReadable: boolean;
  /**
   * The ids, as bytes in texts, at which another partition begins, ascending: all ids from one to below the next one are looked for in one and
   * the same table. Absent where that is not so.
   */
  readonly bounds?: readonly string[];
}

const NO_ROW = 'SELECT * FROM audit_event LIMIT 0';
const BOUNDS = `
  SELECT tree.level, pg_get_expr(part.relpartbound, part.oid) AS bounds
    FROM pg_partition_tree('audit_event') tree JOIN pg_class part ON part.oid = tree.relid WHERE tree.isleaf`;

const RANGE = /^FOR VALUES FROM \((MINVALUE|'[-0-9a-f]{36}')\) TO \((MAXVALUE|'[-0-9a-f]{36}')\)$/;

const known = new WeakMap<LedgerSession, Promise<StoredLayout>>();

/** Asked once a session: a snapshot keeps others from changing it. Rejects with the client's error. */
async function layoutOf(snapshot: LedgerSession): Promise<StoredLayout> {
  const layout = known.get(snapshot) ?? readLayout(snapshot);
  known.set(snapshot, layout);
  return layout;
}

async function readLayout(snapshot: LedgerSession): Promise<StoredLayout> {
  const { fields } = await snapshot.query({ text: NO_ROW });
  const types = new Map(fields.map(({ name, dataTypeID: type }) => [name, type]));
  const isReadable = COPIED_COLUMNS.every((column) => isTypeOf(column, types.get(column) ?? 0));
  const partitions = await snapshot.rows(BOUNDS);
  const ranges = partitions.map(({ level, bounds }) => (level === 1 ? RANGE.exec(String(bounds)) : null));
  if (ranges.includes(null)) return { isReadable };
  const ends = ranges.flatMap((range) => (range ?? []).slice(1)).filter((end) => end.startsWith("'"));
  return { isReadable, bounds: [...new Set(ends.map((end) => keyOfId(end.slice(1, -1))))].toSorted() };
}
