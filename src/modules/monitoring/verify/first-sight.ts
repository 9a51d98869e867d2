import { hash } from 'node:crypto';
import { canonicalJson, parseJson } from '../../../audit/plain.js';
import { isPersonalMisplaced, personalOfRow, type LedgerRow } from '../store/ledger-row.js';
import { MARKED_COLUMNS, PERSONAL_COLUMNS } from '../store/personal-columns.js';
import { commitmentTo, LEAF_PREFIX, SALT_DIGITS } from '../store/seal-row.js';
import { HASH_BYTES } from '../log/merkle/hashes.js';
import { MAX_ENTRY_BYTES } from '../log/tiles/entry-bundle.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import { IS_PLACE } from './read-heads.js';
import type { RetiredPlaces } from './retired-places.js';
import { COMMITMENT_AT, ID_AT, SEALED_COLUMNS, sealedText, type TextRow } from './sealed-text.js';
import type { LedgerSession } from '../store/ledger-session.js';

/** What places are held against. */
export interface PlaceWitnesses {
  /** The stored tiles of level 0, by their index. */
  readonly tiles: ReadonlyMap<number, Uint8Array>;
  readonly retired: RetiredPlaces;
}

/** How a place looks at first sight: all agree, its personal part is there, erased, or its event retired; or not all agree. */
export type FirstSight = 'whole' | 'erased' | 'retired' | 'doubtful';

const LEAVES = `SELECT index::bigint AS index, event_id, leaf_hash FROM audit_leaf WHERE index >= $1 AND index < $2 AND ${IS_PLACE} ORDER BY index`;

/** The columns of the personal part whose values stood alone in the event, in the order of canonical JSON. */
const OWN_PERSONAL = PERSONAL_COLUMNS.toSorted((one, other) => (one.pointer < other.pointer ? -1 : 1));

/** What is read of an event besides its facts, in this order behind them. */
const BESIDE = ['leaf_hash', 'personal_salt', 'personal', ...OWN_PERSONAL.map(({ name }) => name), markedColumns()];
const OWN = SEALED_COLUMNS.length;
const [SALT, PERSONAL, FIRST_OWN_PERSONAL] = [OWN + 1, OWN + 2, OWN + 3];
const MARKED = FIRST_OWN_PERSONAL + OWN_PERSONAL.length;

/** Of the few events that have any: the columns that may be personal, with what says which are, as one text of JSON. */
function markedColumns(): string {
  const columns = MARKED_COLUMNS.map(({ name }) => `'${name}', ${name}`).join(', ');
  return `CASE WHEN personal_columns <> 0 THEN jsonb_build_object('personal_columns', personal_columns, ${columns})::text END`;
}

/** By their ids, since a join looks each of them up by itself, in every month. */
const EVENTS = `SELECT ${[...SEALED_COLUMNS, ...BESIDE].join(', ')} FROM audit_event WHERE id = ANY ($1::uuid[])`;

/**
 * Reads places and tells those where there is nothing to say: the leaf that is computed of the event's row is that of its
 * column, of the leaf and of the tile. It only needs to be right where all agree, and is made for speed: what is wrong with
 * another place is for `readPlace` to find. Rejects with the client's error.
 */
export async function lookAtPlaces(
  snapshot: LedgerSession,
  { from, to }: { readonly from: number; readonly to: number },
  witnesses: PlaceWitnesses,
): Promise<readonly FirstSight[]> {
  const sights = new Array<FirstSight>(to - from).fill('doubtful');
  const leaves = await readLeaves(snapshot, { from, to }, witnesses.tiles);
  const seen = new Set<string>();
  await snapshot.eachText(EVENTS, [`{${[...leaves.keys()].join(',')}}`], 'verify_events', (row) => {
    const id = row[ID_AT] ?? '';
    const leaf = leaves.get(id);
    if (!leaf) return;
    // Where several rows have an id, none is accepted.
    sights[leaf.index - from] = seen.has(id) ? 'doubtful' : lookAtEvent(row, leaf, witnesses.retired);
    seen.add(id);
  });
  for (const [id, { index, isOfTile }] of leaves) {
    const isRetired = isOfTile && !seen.has(id) && witnesses.retired.isRetired(index, id);
    if (isRetired) sights[index - from] = 'retired';
  }
  return sights;
}

interface StoredLeaf {
  readonly index: number;
  /** In hexadecimal, behind `\x`. */
  readonly hash: string;
  /** Whether the tile says the same, and no other leaf stands at that place. */
  isOfTile: boolean;
}

/** By the ids of their events. */
async function readLeaves(
  snapshot: LedgerSession,
  { from, to }: { readonly from: number; readonly to: number },
  stored: ReadonlyMap<number, Uint8Array>,
): Promise<ReadonlyMap<string, StoredLeaf>> {
  const leaves = new Map<string, StoredLeaf>();
  const tiles = new TileTexts(stored);
  let before: StoredLeaf | undefined;
  await snapshot.eachText(LEAVES, [from, to], 'verify_leaves', ([place, eventId, hash]) => {
    const index = Number(place);
    const isAlone = index !== before?.index;
    if (before && !isAlone) before.isOfTile = false;
    before = { index, hash: hash ?? '', isOfTile: isAlone && tiles.has(index, hash ?? '') };
    if (typeof eventId === 'string') leaves.set(eventId, before);
  });
  return leaves;
}

function lookAtEvent(row: TextRow, { index, hash: leaf, isOfTile }: StoredLeaf, retired: RetiredPlaces): FirstSight {
  if (!isOfTile || row[OWN] !== leaf || retired.isOver(index)) return 'doubtful';
  try {
    return leafOf(row) === leaf ? lookAtPersonal(row) : 'doubtful';
  } catch {
    return 'doubtful'; // why it cannot be sealed is found when it is looked at again
  }
}

function leafOf(row: TextRow): string | undefined {
  const entry = sealedText(row);
  const isLong = entry.length * 3 > MAX_ENTRY_BYTES && Buffer.byteLength(entry) > MAX_ENTRY_BYTES;
  return isLong ? undefined : `\\x${hash('sha256', LEAF_PREFIX + entry, 'hex')}`;
}

function lookAtPersonal(row: TextRow): FirstSight {
  const commitment = row[COMMITMENT_AT] ?? undefined;
  const salt = row[SALT]?.slice('\\x'.length);
  const personal = personalText(row);
  if (personal === undefined && salt === undefined) return commitment === undefined ? 'whole' : 'erased';
  if (personal === undefined || salt?.length !== SALT_DIGITS) return 'doubtful';
  return commitmentTo(personal, salt) === commitment ? 'whole' : 'doubtful';
}

/** The personal part as canonical JSON; `undefined` without one, empty if no writer could have made it. */
function personalText(row: TextRow): string | undefined {
  const rest = row[PERSONAL] ?? undefined;
  const marked = row[MARKED] ?? undefined;
  if (marked !== undefined || (rest !== undefined && mayBeMisplaced(rest))) {
    if (rest !== undefined && canonicalJson(parseJson(rest)) !== rest) return '';
    const columns = {
      ...(marked === undefined ? {} : (parseJson(marked) as LedgerRow)), // as the statement builds it
      ...Object.fromEntries(OWN_PERSONAL.map(({ name }, nth) => [name, row[FIRST_OWN_PERSONAL + nth]])),
      personal: rest === undefined ? undefined : parseJson(rest),
    };
    if (isPersonalMisplaced(columns)) return '';
    const personal = personalOfRow(columns);
    return personal && canonicalJson(personal);
  }
  let out = '';
  for (let nth = 0; nth <= OWN_NAMES.length; nth++) {
    if (nth === REST_BEFORE && rest !== undefined) out += (out === '' ? '{' : ',') + rest.slice(1, -1);
    const text = row[FIRST_OWN_PERSONAL + nth];
    if (nth < OWN_NAMES.length && typeof text === 'string') {
      out += (out === '' ? '{' : ',') + (OWN_NAMES[nth] ?? '') + canonicalJson(text);
    }
  }
  return out === '' ? undefined : `${out}}`;
}

const OWN_NAMES = OWN_PERSONAL.map(({ pointer }) => `${canonicalJson(pointer)}:`);

/** In the order of canonical JSON, the column `personal` stands between `/actor/name` and `/request/ip`: all of it is within `/changes` to `/metadata`. */
const REST_BEFORE = OWN_PERSONAL.findIndex(({ pointer }) => pointer > '/metadata/');

/** Whether a name in the text may be that of a value with a column of its own. */
function mayBeMisplaced(personal: string): boolean {
  return OWN_GROUPS.test(personal);
}

const OWN_GROUPS = /"\/(?:actor|reason|request|resource)/;

/** The hashes of stored tiles in hexadecimal, as the leaves are read. */
class TileTexts {
  private tile: number | undefined;
  private text = '';

  constructor(private readonly tiles: ReadonlyMap<number, Uint8Array>) {}

  /** Whether the tile has this hash at a place. @param leaf in hexadecimal, behind `\x` */
  has(index: number, leaf: string): boolean {
    const tile = Math.floor(index / TILE_WIDTH);
    if (tile !== this.tile) {
      const hashes = this.tiles.get(tile) ?? new Uint8Array();
      this.text = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength).toString('hex');
      this.tile = tile;
    }
    const digits = 2 * HASH_BYTES;
    const at = (index % TILE_WIDTH) * digits;
    return (
      leaf.length === digits + 2 && leaf.endsWith(this.text.slice(at, at + digits)) && this.text.length >= at + digits
    );
  }
}
