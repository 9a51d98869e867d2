import { parseAct, type Act, readActs } from '../../../keep/acts/act-note.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { HASH_BYTES } from '../../log/merkle/hashes.js';
import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import type { TileReader } from '../../log/tiles/tile-reader.js';
import { checkCheckpoint, storedBytes } from '../judge-checkpoint.js';
import { HASH_SOURCES, type EventAct, type ExplainedLeaf, type LogSource, type RangeReader } from './log-source.js';
import { RangeWorkers, type RangeWorkerStart, type VerifyWorkers } from './range-workers.js';
import { readRange } from './read-range.js';

const TILE = 'SELECT substring(hashes FROM 1 FOR $3) AS hashes FROM audit_tile WHERE level = $1 AND index = $2';
const CHECKPOINT = 'SELECT size, root, note FROM audit_checkpoint WHERE size = $1 LIMIT 1';
/**
 * Looks up the event of each act in the month of the event's id. A plain join would read all months. The event of a recent act may wait in the
 * inbox, and that of another one may be parked: then its line contains the act.
 */
const ACTS = `
  SELECT act.number, act.event_id, act.type, act.note, event.type, event.carried, event.actor_id,
         CASE WHEN EXISTS (SELECT FROM audit_leaf leaf WHERE leaf.event_id = act.event_id) THEN 'log' ELSE (
           SELECT CASE WHEN bool_and(is_parked) THEN 'parked' ELSE 'inbox' END FROM audit_waiting(ARRAY[act.event_id])
            WHERE strpos(line, '"act":' || to_json(act.note)) > 0 AND strpos(line, '"type":' || to_json(act.type)) > 0
           HAVING count(*) > 0) END
    FROM audit_act act
    LEFT JOIN LATERAL (
      SELECT type, details->>'act' AS carried, actor_id FROM audit_event WHERE id = act.event_id OFFSET 0) event ON true
   ORDER BY act.number, act.event_id`;

/** Up to this number of leaves, reading the log takes less time than starting threads. */
const MIN_PARALLEL_LEAVES = 16_384;

interface ReadingOptions {
  readonly pageRows?: number | undefined;
  /** The threads that read a long log; absent if the caller's thread reads it. */
  readonly parallel?: Pick<RangeWorkerStart, 'connectionUrl' | 'verifierKeys'> & { readonly threads: VerifyWorkers };
}

export class DatabaseSource implements LogSource {
  readonly hashSources = HASH_SOURCES;
  readonly names = { events: 'audit_event', leaves: 'audit_leaf', tiles: 'audit_tile', acts: 'audit_act' };

  constructor(
    readonly tables: LedgerSession,
    private readonly trust: CheckpointTrust,
    private readonly options: ReadingOptions = {},
  ) {}

  readonly readTile: TileReader = async (level, index, width) => {
    const [row] = await this.tables.rows(TILE, [level, index, width * HASH_BYTES], 'verify_tile');
    return storedBytes(row?.hashes);
  };

  async withReader<Result>(
    explained: ExplainedLeaf,
    leaves: number,
    work: (reader: RangeReader) => Promise<Result>,
  ): Promise<Result> {
    const { tables, trust, options } = this;
    const { pageRows, parallel } = options;
    if (!parallel || leaves <= MIN_PARALLEL_LEAVES)
      return work({ concurrency: 1, readRange: (span) => readRange(tables, span, { trust, ...explained, pageRows }) });
    const { threads, ...start } = parallel;
    const workers = new RangeWorkers(threads, { ...start, snapshotId: await tables.snapshotId(), explained });
    try {
      return await work(workers);
    } finally {
      await workers.close();
    }
  }

  async eachAct(onAct: (act: EventAct, signed: Act | undefined) => void): Promise<void> {
    await this.tables.eachText(ACTS, [], 'verify_acts', (row) => {
      const [number, eventId = '', type, note = '', eventType, carried, by, state] = row.map((text) => text ?? '');
      const isCarried = eventType === '' ? state !== '' : eventType === type && carried === note;
      const act = {
        number: Number(number),
        note,
        eventId,
        by: by === '' ? undefined : by,
        isCarried,
        isParked: state === 'parked',
      };
      onAct(act, parseAct(note, this.trust));
    });
  }

  async actNotes(type: string): Promise<readonly string[]> {
    return readActs(this.tables, type);
  }

  async signedRoot(size: number): Promise<Uint8Array | undefined> {
    const [row] = await this.tables.rows(CHECKPOINT, [size]);
    const checked = row && checkCheckpoint(row, this.trust);
    return checked && 'head' in checked ? checked.head.rootHash : undefined;
  }
}
