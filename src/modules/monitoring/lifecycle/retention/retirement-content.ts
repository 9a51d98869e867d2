import type { ArchiveLine } from '../../archive/archive-line.js';
import type { ArchiveContent } from '../../archive/write-archive.js';
import { sealFacts } from '../../sealing/seal-event.js';
import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import { readNewestNote, readNewestHead } from '../../verify/read-heads.js';
import type { LedgerSession } from '../../store/sessions/ledger-session.js';
import { firstIdAt } from '../../store/id-time.js';
import { factsOfRow, LEDGER_COLUMNS, personalOfRow, type LedgerRow } from '../../store/ledger-row.js';
import { isHeld, type ActiveHold } from '../holds/active-holds.js';
import { EventHeldError, RetentionError } from './retention.error.js';
import { daysToKeep, type RetentionPolicy } from './retention-policy.js';
import type { Retirement } from './retirement.js';
import { checkActs } from '../../verify/check-acts.js';
import { checkErasures } from '../../verify/check-erasures.js';
import { DatabaseSource } from '../../verify/database-source.js';
import { followStoredKeys } from '../../verify/known-keys.js';

const RANGES_A_PAGE = 1_000;
/** Bounds the memory: a row has at most some 64 KiB. */
const ROWS_A_PAGE = 128;

const RANGES = `
  SELECT first_index, last_index FROM audit_retired_range
   WHERE retirement_id = $1 AND first_index > $2 ORDER BY first_index LIMIT ${RANGES_A_PAGE}`;
const ROWS = `
  SELECT place.index AS place_index, event.*,
         event.personal_commitment IS NULL OR event.personal_salt IS NOT NULL
           OR EXISTS (SELECT FROM audit_erased WHERE event_id = place.event_id AND act = ANY ($2::bigint[])) AS is_excused
    FROM (SELECT index, event_id FROM audit_leaf WHERE index = ANY ($1::bigint[])) place
    JOIN LATERAL (SELECT ${LEDGER_COLUMNS} FROM audit_event WHERE id = place.event_id) event ON true
   ORDER BY place.index`;
const TILE = 'SELECT substring(hashes FROM 1 FOR $3) AS hashes FROM audit_tile WHERE level = $1 AND index = $2';

const HASH_BYTES = 32;

/**
 * The content of a retirement's archive, at the snapshot's moment. Reading its lines throws {@link EventHeldError} for an event under a
 * legal hold.
 *
 * @throws RetentionError (`AUDIT_RETENTION_FAILED`) when one of its events is missing or not due, or lacks its personal part without
 *   an act
 * @param trust for the acts that allow events to lack their personal part
 */
export async function contentOf(
  snapshot: LedgerSession,
  retirement: Retirement,
  { trust, holds }: { readonly trust: CheckpointTrust; readonly holds: readonly ActiveHold[] },
): Promise<ArchiveContent> {
  const checkpoint = await readNewestNote(snapshot);
  if (checkpoint === undefined) throw new RetentionError(retirement.partition, 'the ledger has no checkpoint');
  const { id, archive, policy, cutoff } = retirement;
  const erasures = await readTrustedErasures(snapshot, trust);
  let previous: Promise<unknown> = Promise.resolve(); // a proof asks for its tiles at once, and a client answers one by one
  return {
    archive,
    retirementId: id,
    policy,
    cutoff: cutoff.toISOString(),
    checkpoint,
    lines: readEvents(snapshot, retirement, erasures, holds),
    readTile: (level, index, width) => {
      const tile = previous.then(async () => {
        const [row] = await snapshot.rows(TILE, [level, index, width * HASH_BYTES], 'retention_tile');
        return (row?.hashes as Buffer | undefined) ?? new Uint8Array(); // the column's type
      });
      previous = tile.catch(() => undefined);
      return tile;
    },
  };
}

/**
 * Checks that an event is due by the policy alone, since the ledger's key will sign the result, and the owner of the tables can plan
 * anything.
 */
function checkDue({ index, sealed }: ArchiveLine, partition: string, policy: RetentionPolicy): void {
  const days = daysToKeep(sealed, policy);
  if (days !== undefined && sealed.id < firstIdAt(new Date(Date.now() - days * DAY_MS))) return;
  throw new RetentionError(
    partition,
    `the event at index ${index} was planned to be retired, and is not due by the policy`,
  );
}

const DAY_MS = 86_400_000;

async function* readEvents(
  snapshot: LedgerSession,
  { id, partition, policy }: Retirement,
  erasures: readonly number[],
  holds: readonly ActiveHold[],
): AsyncIterable<ArchiveLine> {
  for await (const indexes of readIndexes(snapshot, id)) {
    for (const line of await readPage(snapshot, indexes, partition, erasures)) {
      checkDue(line, partition, policy);
      if (isHeld(line, holds)) throw new EventHeldError();
      yield line;
    }
  }
}

/** The places of a retirement, by pages. */
async function* readIndexes(snapshot: LedgerSession, id: string): AsyncIterable<readonly number[]> {
  let page: number[] = [];
  for (let after = -1, isMore = true; isMore;) {
    const ranges = await snapshot.rows(RANGES, [id, after], 'retention_ranges');
    for (const { first_index: first, last_index: last } of ranges) {
      after = Number(first);
      for (let index = after; index <= Number(last); index++) {
        page.push(index);
        if (page.length < ROWS_A_PAGE) continue;
        yield page;
        page = [];
      }
    }
    isMore = ranges.length === RANGES_A_PAGE;
  }
  yield page;
}

async function readPage(
  snapshot: LedgerSession,
  indexes: readonly number[],
  partition: string,
  erasures: readonly number[],
): Promise<readonly ArchiveLine[]> {
  const rows = await snapshot.rows(ROWS, [indexes, erasures], 'retention_rows');
  if (rows.length !== indexes.length) {
    const gone = `of the events from index ${indexes[0] ?? 0} to ${indexes.at(-1) ?? 0}, ${indexes.length - rows.length} are gone`;
    throw new RetentionError(partition, gone);
  }
  const nulled = rows.find(({ is_excused: isExcused }) => isExcused !== true);
  if (nulled) {
    const place = `the event at index ${String(nulled.place_index)}`;
    throw new RetentionError(partition, `${place} is without its personal part, and no signed act erased it`);
  }
  return rows.map(lineOf);
}

function lineOf(row: LedgerRow): ArchiveLine {
  return {
    index: Number(row.place_index),
    sealed: sealFacts(factsOfRow(row), base64(row.personal_commitment)),
    personal: personalOfRow(row) ?? null,
    salt: base64(row.personal_salt) ?? null,
  };
}

function base64(bytes: unknown): string | undefined {
  return Buffer.isBuffer(bytes) ? bytes.toString('base64') : undefined;
}

/** The numbers of the acts whose stored list of erased events matches their statement. */
async function readTrustedErasures(snapshot: LedgerSession, given: CheckpointTrust): Promise<readonly number[]> {
  const { trust } = await followStoredKeys(snapshot, given);
  const size = (await readNewestHead(snapshot, trust))?.size ?? 0;
  const { acts } = await checkActs(snapshot, { trust, size, source: new DatabaseSource(snapshot, trust) });
  return (await checkErasures(snapshot, acts)).trusted;
}
