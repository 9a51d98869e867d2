import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import type { TreeHead } from '../../log/merkle/verify-consistency.js';
import { HASH_BYTES, isSameHash } from '../../log/merkle/hashes.js';
import { VERIFIED_COLUMNS, type LedgerRow } from '../../../store/ledger-row.js';
import { TILE_WIDTH } from '../../log/tiles/tile-address.js';
import { checkLeavesInDatabase, type LeafState, type RangeFacts } from './quick-check.js';
import { checkRow } from '../../../store/stored-rows/check-row.js';
import type { Finding } from '../finding.js';
import { checkCheckpoint, storedBytes } from '../judge-checkpoint.js';
import { IS_INDEX } from '../read-heads.js';
import {
  selectMajorityHash,
  type ExplainedLeaf,
  type LeafReading,
  type LeafSpan,
  type RangeReading,
} from './log-source.js';
import { checkPersonalParts } from './personal-parts.js';
import { retiredEvents } from './retired-events.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';

const PAGE_ROWS = 4_096;

/** The limit bounds the memory, because a row has up to 64 KiB. */
const EXAMINED_ROWS = 128;

const PAGE = `
  SELECT leaf.index::bigint AS own_index, leaf.event_id AS own_event_id, leaf.leaf_hash AS own_hash, event.*
    FROM (SELECT index, event_id, leaf_hash FROM audit_leaf WHERE index >= $1 AND index < $2 AND ${IS_INDEX} ORDER BY index) leaf
    LEFT JOIN LATERAL (SELECT ${VERIFIED_COLUMNS} FROM audit_event WHERE id = leaf.event_id) event ON true
   ORDER BY leaf.index, event.leaf_hash IS DISTINCT FROM leaf.leaf_hash, leaf.event_id`;

const TILES = 'SELECT index, hashes FROM audit_tile WHERE level = 0 AND index BETWEEN $1 AND $2';
const CHECKPOINTS = 'SELECT size, root, note FROM audit_checkpoint WHERE size > $1 AND size <= $2 ORDER BY size';

interface RangeTrust extends Omit<ExplainedLeaf, 'bundles'> {
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
  const facts = { tiles, retired: await retiredEvents(snapshot, { from, to }, retirements) };
  const hashes = readTileHashes(tiles, { from, to });
  const states: LeafState[] = [];
  for (let start = from; start < to; start += pageRows) {
    const page = { from: start, to: Math.min(start + pageRows, to) };
    const seen = await checkLeavesInDatabase(snapshot, page, facts);
    states.push(...seen);
    for await (const { reading, state } of examineLeaves(snapshot, page, { states: seen, facts, findings })) {
      states[reading.index - from] = state;
      hashes.set(selectMajorityHash(reading), (reading.index - from) * HASH_BYTES);
      if (!isAgreed(reading)) differing.push(reading);
    }
  }
  const heads = await readHeads(snapshot, { from, to }, trust, findings);
  findings.push(...(await checkPersonalParts(snapshot, { from, to }, states, erasures)));
  const count = (expected: LeafState): number => states.filter((state) => state === expected).length;
  const proven = states.filter((state, nth) => state === 'retired' && facts.retired.isProven(from + nth)).length;
  const counts = { erased: count('erased'), retired: count('retired'), proven };
  return { from, to, hashes, differing, findings, heads, ...counts };
}

interface ReadLeaf {
  readonly reading: LeafReading;
  readonly state: LeafState;
}

interface QuickChecked {
  readonly states: readonly LeafState[];
  readonly facts: RangeFacts;
  readonly findings: Finding[];
}

async function* examineLeaves(
  snapshot: LedgerSession,
  page: LeafSpan,
  { states, facts: { tiles, retired }, findings }: QuickChecked,
): AsyncIterable<ReadLeaf> {
  const last = page.from + states.lastIndexOf('doubtful');
  for (let from = page.from + states.indexOf('doubtful'); from >= page.from && from <= last; from += EXAMINED_ROWS) {
    const to = Math.min(from + EXAMINED_ROWS, last + 1);
    const rows = await snapshot.rows(PAGE, [from, to], 'verify_page');
    let next = 0;
    for (let index = from; index < to; index++) {
      const row = rows[next]?.own_index === index ? rows[next++] : undefined;
      for (; rows[next]?.own_index === index; next++) findings.push(toDuplicateFinding(index, rows[next]));
      if (states[index - page.from] !== 'doubtful') continue;
      const { reading, state } = readLeaf(index, row, findings);
      const isRetired = isMissing(reading) && retired.isRetired(index, reading.eventId);
      if (reading.row && retired.isOver(index)) findings.push(toUnretiredFinding(reading));
      const tile = tiles.get(Math.floor(index / TILE_WIDTH));
      yield {
        reading: addTileHash(isRetired ? { ...reading, isRetired } : reading, tile),
        state: isRetired ? 'retired' : state,
      };
    }
  }
}

/** Returns the hashes in the tiles, which are right where all sources agree. */
function readTileHashes(tiles: ReadonlyMap<number, Uint8Array>, { from, to }: LeafSpan): Uint8Array {
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
  if (!row) return { reading: { index }, state: 'doubtful' };
  const leaf = row.own_hash as Buffer; // the column is never null
  const eventId = String(row.own_event_id);
  if (row.id === null) return { reading: { index, eventId, leaf }, state: 'doubtful' };
  const { isErased, personal, ...checked } = checkRow(row);
  if (personal !== undefined) {
    findings.push({ kind: 'personal_altered', table: 'audit_event', index, eventId, what: personal });
  }
  const state = checked.row ? 'whole' : 'doubtful';
  return { reading: { index, eventId, leaf, ...checked }, state: isErased ? 'erased' : state };
}

function addTileHash(reading: LeafReading, tile: Uint8Array | undefined): LeafReading {
  const at = (reading.index % TILE_WIDTH) * HASH_BYTES;
  return tile && tile.length >= at + HASH_BYTES ? { ...reading, tile: tile.subarray(at, at + HASH_BYTES) } : reading;
}

function isAgreed({ row, own, leaf, tile, isRetired }: LeafReading): boolean {
  if (isRetired) return Boolean(leaf && tile && isSameHash(leaf, tile));
  return Boolean(row && own && leaf && tile && isSameHash(row, own) && isSameHash(row, leaf) && isSameHash(row, tile));
}

function isMissing({ row, own, unreadable }: LeafReading): boolean {
  return !row && !own && unreadable === undefined;
}

function toUnretiredFinding({ index, eventId }: LeafReading): Finding {
  const what = 'the log announces that it was retired, but it is stored again';
  return { kind: 'event_unretired', table: 'audit_event', index, ...(eventId === undefined ? {} : { eventId }), what };
}

function toDuplicateFinding(index: number, row: LedgerRow | undefined): Finding {
  const what = 'this index has several leaves, or several rows of one event';
  return { kind: 'event_duplicated', table: 'audit_event', index, eventId: String(row?.own_event_id), what };
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
    const checked = checkCheckpoint(row, trust);
    if ('head' in checked) heads.push(checked.head);
    else findings.push(checked.finding);
  }
  return heads;
}
