import { HASH_BYTES } from '../log/merkle/hashes.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { COPIED_EXPRESSIONS, placeOf, COPIED_COLUMNS, isTypeOf } from '../store/stored-rows/copied-events.js';
import { isAt } from '../store/stored-rows/copied-fields.js';
import { EventBytes } from '../store/stored-rows/event-bytes.js';
import { hexOf, idOfKey, keyOfId } from '../store/stored-rows/id-keys.js';
import { readLeaves, type LeafPage } from './leaf-page.js';
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

const ID = placeOf('id');
const LEAF_HASH = placeOf('leaf_hash');

const EVENTS = `SELECT ${COPIED_EXPRESSIONS} FROM audit_event`;

/** The maximum number of rows to read between two ids: some belong to places that are read another time. */
const mostRows = (wanted: number): number => 2 * wanted + 64;

interface Places {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads places and finds those without damage: the leaf computed from the event's row equals its column, the stored leaf and the tile. It
 * is made for speed, and only needs to be right where all agree; `readCursor` examines the other places. Rejects with the client's error.
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
  // Reads from id to id by the index: looking up each id would cost the server half as much again.
  const left = bounds ? [] : wanted;
  for (const ids of bounds ? groupsOf(wanted, bounds) : []) {
    const first = ids.reduce((one, other) => (other < one ? other : one));
    const last = ids.reduce((one, other) => (other > one ? other : one));
    const most = mostRows(ids.length);
    const where = `id >= '${hexOf(first)}' AND id <= '${hexOf(last)}'`;
    if ((await look.at(snapshot, `${EVENTS} WHERE ${where} ORDER BY id LIMIT ${most}`)) < most) continue;
    // Old events may have got places among new ones, for example when a spill was replayed.
    look.doubtLast();
    left.push(...ids.filter((id) => !look.hasSeen(id)));
  }
  if (left.length > 0) await look.at(snapshot, `${EVENTS} WHERE id = ANY ('{${left.map(hexOf).join(',')}}'::uuid[])`);
  return look.sights();
}

/** Groups ids that lie in the same partition. */
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

/** The results for some places so far. */
class FirstLook {
  private readonly seen: (FirstSight | undefined)[];
  private readonly event = new EventBytes();
  private readonly places = new Map<string, number>();
  private next = 0;
  /** The place of the last row. */
  private last: number | undefined;

  constructor(
    private readonly range: Places,
    private readonly leaves: LeafPage,
    private readonly witnesses: PlaceWitnesses,
  ) {
    this.seen = new Array<FirstSight | undefined>(leaves.length).fill(undefined);
    for (const [place, id] of leaves.entries()) if (id !== undefined) this.places.set(id, place);
  }

  /** Reads the rows of a statement, and returns how many they are. Rejects with the client's error. */
  async at(snapshot: LedgerSession, select: string): Promise<number> {
    const { row } = this.event;
    let rows = 0;
    await row.copyRows(snapshot, select, () => {
      rows += 1;
      const id = row.keyOf(ID);
      const place = this.leaves[this.next] === id ? this.next : this.places.get(id);
      this.last = place;
      if (place === undefined) return;
      // If several rows have the same id, none is accepted.
      this.seen[place] = this.seen[place] === undefined ? this.lookAtEvent(this.range.from + place) : 'doubtful';
      this.next = place + 1;
    });
    return rows;
  }

  hasSeen(id: string): boolean {
    return this.seen[this.places.get(id) ?? -1] !== undefined;
  }

  /** Marks the last row's place as doubtful: its event may have further rows that were not read. */
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

  /** Looks at an event whose leaf and tile agree. */
  private lookAtEvent(index: number): FirstSight {
    const { event, witnesses } = this;
    const tile = witnesses.tiles.get(Math.floor(index / TILE_WIDTH)) ?? NO_TILE;
    if (witnesses.retired.isOver(index)) return 'doubtful';
    try {
      const leaf = event.leafHash();
      if (leaf === undefined || !event.row.is(LEAF_HASH, leaf)) return 'doubtful';
      return isAt(tile, (index % TILE_WIDTH) * HASH_BYTES, leaf) ? event.lookAtPersonal() : 'doubtful';
    } catch {
      return 'doubtful'; // the reason is found when it is examined
    }
  }
}

const NO_TILE = new Uint8Array();

/** How the server of a snapshot stores the events. */
interface StoredLayout {
  /** Whether binary copies of rows can be read here: not if somebody gave a column another type. */
  readonly isReadable: boolean;
  /**
   * The ids, as bytes in texts, at which partitions begin, ascending: all ids from one to below the next lie in the same table. Absent if
   * that does not hold.
   */
  readonly bounds?: readonly string[];
}

const NO_ROW = 'SELECT * FROM audit_event LIMIT 0';
const BOUNDS = `
  SELECT tree.level, pg_get_expr(part.relpartbound, part.oid) AS bounds
    FROM pg_partition_tree('audit_event') tree JOIN pg_class part ON part.oid = tree.relid WHERE tree.isleaf`;

const RANGE = /^FOR VALUES FROM \((MINVALUE|'[-0-9a-f]{36}')\) TO \((MAXVALUE|'[-0-9a-f]{36}')\)$/;

const known = new WeakMap<LedgerSession, Promise<StoredLayout>>();

/** Read once for each session, since the snapshot prevents changes. Rejects with the client's error. */
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
