import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { HASH_BYTES, isSameHash } from '../log/merkle/hashes.js';
import { VERIFIED_COLUMNS, type LedgerRow } from '../../store/ledger-row.js';
import { TILE_WIDTH } from '../log/tiles/tile-address.js';
import { quickCheck, type LeafState, type LeafWitnesses } from './quick-check.js';
import { checkRow } from '../../store/stored-rows/check-row.js';
import type { Finding } from './finding.js';
import { judgeCheckpoint } from './judge-checkpoint.js';
import { IS_INDEX } from './read-heads.js';
import { majorityHash, storedBytes, type LeafReading, type LeafSpan, type RangeReading } from './log-source.js';
import { checkPersonalParts } from './personal-parts.js';
import { retiredEvents, type RetiredBy } from './check-retirements.js';
import type { LedgerSession } from '../../store/sessions/ledger-session.js';

const PAGE_ROWS = 4_096;

/** The limit bounds the memory, because a row has up to 64 KiB. */
const EXAMINED_ROWS = 128;

const PAGE = `
  SELECT place.index::bigint AS place_index, place.event_id AS place_event_id, place.leaf_hash AS place_hash, event.*
    FROM (SELECT index, event_id, leaf_hash FROM audit_leaf WHERE index >= $1 AND index < $2 AND ${IS_INDEX} ORDER BY index) place
    LEFT JOIN LATERAL (SELECT ${VERIFIED_COLUMNS} FROM audit_event WHERE id = place.event_id) event ON true
   ORDER BY place.index, event.leaf_hash IS DISTINCT FROM place.leaf_hash, place.event_id`;

const TILES = 'SELECT index, hashes FROM audit_tile WHERE level = 0 AND index BETWEEN $1 AND $2';
const CHECKPOINTS = 'SELECT size, root, note FROM audit_checkpoint WHERE size > $1 AND size <= $2 ORDER BY size';

/** The acts that explain missing events and missing personal parts. */
export interface Excused {
  /** The retirements that explain missing events. */
  readonly retirements: readonly RetiredBy[];
  /** The numbers of the acts of erasure that explain missing personal parts. */
  readonly erasures: readonly number[];
}

interface RangeTrust extends Excused {
  readonly trust: CheckpointTrust;
  readonly pageRows?: number | undefined;
}

/** Reads a range of the ledger with every source of the leaf hashes. Rejects with the error of the PostgreSQL client. */
export async function readRange(
  snapshot: LedgerSession,
  { from, to }: LeafSpan,
  { trust, retirements, erasures, pageRows = PAGE_ROWS }: RangeTrust,
): Promise<RangeReading> {
  const findings: Finding[] = [];
  const differing: LeafReading[] = [];
  const tiles = await readTiles(snapshot, from, to);
  const witnesses = { tiles, retired: await retiredEvents(snapshot, { from, to }, retirements) };
  const hashes = hashesOfTiles(tiles, { from, to });
  const sights: LeafState[] = [];
  for (let start = from; start < to; start += pageRows) {
    const page = { from: start, to: Math.min(start + pageRows, to) };
    const seen = await quickCheck(snapshot, page, witnesses);
    sights.push(...seen);
    for await (const { place, sight } of examineLeaves(snapshot, page, { sights: seen, witnesses, findings })) {
      sights[place.index - from] = sight;
      hashes.set(majorityHash(place), (place.index - from) * HASH_BYTES);
      if (!isAgreed(place)) differing.push(place);
    }
  }
  const heads = await readHeads(snapshot, { from, to }, trust, findings);
  findings.push(...(await checkPersonalParts(snapshot, { from, to }, sights, erasures)));
  const count = (wanted: LeafState): number => sights.filter((sight) => sight === wanted).length;
  const proven = sights.filter((sight, nth) => sight === 'retired' && witnesses.retired.isProven(from + nth)).length;
  const counts = { erased: count('erased'), retired: count('retired'), proven };
  return { from, to, hashes, differing, findings, heads, ...counts };
}

interface ReadLeaf {
  readonly place: LeafReading;
  readonly sight: LeafState;
}

interface QuickChecked {
  readonly sights: readonly LeafState[];
  readonly witnesses: LeafWitnesses;
  readonly findings: Finding[];
}

async function* examineLeaves(
  snapshot: LedgerSession,
  page: LeafSpan,
  { sights, witnesses: { tiles, retired: places }, findings }: QuickChecked,
): AsyncIterable<ReadLeaf> {
  const last = page.from + sights.lastIndexOf('doubtful');
  for (let from = page.from + sights.indexOf('doubtful'); from >= page.from && from <= last; from += EXAMINED_ROWS) {
    const to = Math.min(from + EXAMINED_ROWS, last + 1);
    const rows = await snapshot.rows(PAGE, [from, to], 'verify_page');
    let next = 0;
    for (let index = from; index < to; index++) {
      const row = rows[next]?.place_index === index ? rows[next++] : undefined;
      for (; rows[next]?.place_index === index; next++) findings.push(duplicateOf(index, rows[next]));
      if (sights[index - page.from] !== 'doubtful') continue;
      const { place, sight } = readLeaf(index, row, findings);
      const isRetired = isGone(place) && places.isRetired(index, place.eventId);
      if (place.row && places.isOver(index)) findings.push(unretiredAt(place));
      const tile = tiles.get(Math.floor(index / TILE_WIDTH));
      yield {
        place: withTile(isRetired ? { ...place, isRetired } : place, tile),
        sight: isRetired ? 'retired' : sight,
      };
    }
  }
}

/** Returns the hashes in the tiles, which are right where all sources agree. */
function hashesOfTiles(tiles: ReadonlyMap<number, Uint8Array>, { from, to }: LeafSpan): Uint8Array {
  const hashes = Buffer.alloc((to - from) * HASH_BYTES);
  for (const [index, tile] of tiles) {
    const first = index * TILE_WIDTH;
    const [start, end] = [Math.max(from, first), Math.min(to, first + Math.floor(tile.length / HASH_BYTES))];
    if (start >= end) continue;
    hashes.set(tile.subarray((start - first) * HASH_BYTES, (end - first) * HASH_BYTES), (start - from) * HASH_BYTES);
  }
  return hashes;
}

function readLeaf(index: number, row: LedgerRow | undefined, findings: Finding[]): ReadLeaf {
  if (!row) return { place: { index }, sight: 'doubtful' };
  const leaf = row.place_hash as Buffer; // the column is never null
  const eventId = String(row.place_event_id);
  if (row.id === null) return { place: { index, eventId, leaf }, sight: 'doubtful' };
  const { isErased, personal, ...checked } = checkRow(row);
  if (personal !== undefined) {
    findings.push({ kind: 'personal_altered', table: 'audit_event', index, eventId, what: personal });
  }
  const sight = checked.row ? 'whole' : 'doubtful';
  return { place: { index, eventId, leaf, ...checked }, sight: isErased ? 'erased' : sight };
}

function withTile(place: LeafReading, tile: Uint8Array | undefined): LeafReading {
  const at = (place.index % TILE_WIDTH) * HASH_BYTES;
  return tile && tile.length >= at + HASH_BYTES ? { ...place, tile: tile.subarray(at, at + HASH_BYTES) } : place;
}

function isAgreed({ row, own, leaf, tile, isRetired }: LeafReading): boolean {
  if (isRetired) return Boolean(leaf && tile && isSameHash(leaf, tile));
  return Boolean(row && own && leaf && tile && isSameHash(row, own) && isSameHash(row, leaf) && isSameHash(row, tile));
}

function isGone({ row, own, unreadable }: LeafReading): boolean {
  return !row && !own && unreadable === undefined;
}

function unretiredAt({ index, eventId }: LeafReading): Finding {
  const what = 'the log announces that it was retired, but it is stored again';
  return { kind: 'event_unretired', table: 'audit_event', index, ...(eventId === undefined ? {} : { eventId }), what };
}

function duplicateOf(index: number, row: LedgerRow | undefined): Finding {
  const what = 'this index has several leaves, or several rows of one event';
  return { kind: 'event_duplicated', table: 'audit_event', index, eventId: String(row?.place_event_id), what };
}

async function readTiles(snapshot: LedgerSession, from: number, to: number): Promise<ReadonlyMap<number, Uint8Array>> {
  const range = [Math.floor(from / TILE_WIDTH), Math.floor((to - 1) / TILE_WIDTH)];
  const rows = await snapshot.rows(TILES, range, 'verify_tiles');
  return new Map(rows.map(({ index, hashes }) => [Number(index), storedBytes(hashes)]));
}

async function readHeads(
  snapshot: LedgerSession,
  { from, to }: LeafSpan,
  trust: CheckpointTrust,
  findings: Finding[],
): Promise<readonly TreeHead[]> {
  const heads: TreeHead[] = [];
  for (const row of await snapshot.rows(CHECKPOINTS, [from, to], 'verify_checkpoints')) {
    const judged = judgeCheckpoint(row, trust);
    if ('head' in judged) heads.push(judged.head);
    else findings.push(judged.finding);
  }
  return heads;
}
