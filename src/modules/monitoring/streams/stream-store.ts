import type { LedgerQueries } from '../store/ledger-session.js';
import type { Selection } from './selection.js';
import type { GapRecord } from './stream-destination.js';
import { StreamTakenOverError } from './streams.error.js';

/** What is stored of a batch before its first attempt. */
export interface FrozenBatch {
  readonly id: string;
  readonly first: number;
  readonly last: number;
  /** The place of the parked event that it sends again. */
  readonly retried: number | undefined;
  /** The size of the newest checkpoint when it was frozen. */
  readonly checkpointSize: number;
  readonly hash: string;
  readonly selection: Selection;
}

/** How far a stream is. */
export interface StreamProgress {
  readonly state: 'active' | 'paused' | 'gone' | 'done';
  /** Of a replay: the stream whose events it sends again. */
  readonly replayOf: string | undefined;
  /** The test that nobody answered. */
  readonly test: string | undefined;
  /** The first place of the next batch. */
  readonly position: number;
  /** The first place that nobody looked at. */
  readonly looked: number;
  /** What the stream selected when it found nothing from `position` to `looked`. */
  readonly lookedAs: Selection | undefined;
  readonly previousHash: string;
  /** The size of the last checkpoint that was sent. */
  readonly checkpointSize: number;
  readonly failures: number;
  readonly refusals: number;
  /** How many events are sealed. */
  readonly sealed: number;
  /** Before which place it ends: of a replay, that of its range. */
  readonly end: number;
  /** The first parked event that is to be sent again. */
  readonly retry: number | undefined;
  readonly frozen: FrozenBatch | undefined;
}

const LOAD = `
  SELECT CASE WHEN s.state = 'active' THEN coalesce((SELECT state FROM audit_stream live WHERE live.name = s.replay_of), 'active')
              ELSE s.state END AS state,
         s.replay_of, s.ends_before, (SELECT id FROM audit_stream_test WHERE stream = s.name AND answer IS NULL) AS test, s.position, s.looked, s.looked_as, s.previous_hash, s.checkpoint_size, s.failures, s.refusals, b.id, b.first_index, b.last_index,
         b.retried_index, b.checkpoint_size AS frozen_size, b.hash, b.selection,
         (SELECT size FROM audit_checkpoint ORDER BY size DESC LIMIT 1) AS sealed,
         (SELECT min(index) FROM audit_stream_parked WHERE stream = s.name AND retry_at IS NOT NULL) AS retry
    FROM audit_stream s LEFT JOIN audit_stream_batch b ON b.stream = s.name WHERE s.name = $1 AND s.epoch = $2`;

const NOTE = 'SELECT note FROM audit_checkpoint WHERE size = $1';

const GAPS = `
  SELECT index, event_id, encode(leaf_hash, 'base64') AS leaf_hash, reason, note,
         to_char(parked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS parked_at
    FROM audit_stream_parked WHERE stream = $1 AND index BETWEEN $2 AND $3 ORDER BY index`;

const OWNED = `SELECT name FROM audit_stream WHERE name = $1 AND epoch = $2 AND state = 'active' FOR UPDATE`;

const FREEZE = `
  WITH owned AS (${OWNED})
  INSERT INTO audit_stream_batch (stream, id, first_index, last_index, retried_index, checkpoint_size, hash, selection)
  SELECT name, $3, $4, $5, $6, $7, $8, $9 FROM owned
      ON CONFLICT (stream) DO UPDATE SET (id, first_index, last_index, retried_index, checkpoint_size, hash, selection, attempts, frozen_at) =
         (EXCLUDED.id, EXCLUDED.first_index, EXCLUDED.last_index, EXCLUDED.retried_index, EXCLUDED.checkpoint_size, EXCLUDED.hash,
          EXCLUDED.selection, 1, clock_timestamp())
  RETURNING id`;

const ATTEMPT = `
  WITH owned AS (${OWNED})
  UPDATE audit_stream_batch SET attempts = attempts + 1 WHERE stream IN (SELECT name FROM owned) AND id = $3 RETURNING id`;

const ACCEPT = `
  WITH moved AS (
    UPDATE audit_stream SET position = greatest(position, $4), looked = greatest(looked, $4), previous_hash = $5,
           checkpoint_size = greatest(checkpoint_size, $6), sent_events = sent_events + $7, sent_batches = sent_batches + 1, failures = 0,
           refusals = CASE WHEN $7 > 0 THEN 0 ELSE refusals END, last_error = NULL, last_sent_at = clock_timestamp()
     WHERE name = $1 AND epoch = $2 AND EXISTS (SELECT FROM audit_stream_batch WHERE stream = $1 AND id = $3) RETURNING name),
  unparked AS (DELETE FROM audit_stream_parked WHERE stream IN (SELECT name FROM moved) AND index = $8)
  DELETE FROM audit_stream_batch WHERE stream IN (SELECT name FROM moved) AND id = $3 RETURNING id`;

const FAIL = `
  UPDATE audit_stream SET failures = failures + 1, last_error = $3 WHERE name = $1 AND epoch = $2 RETURNING failures`;

const FORGET = `
  DELETE FROM audit_stream_batch WHERE id = $3 AND stream IN (SELECT name FROM audit_stream WHERE name = $1 AND epoch = $2)
  RETURNING id`;

const PARK = `
  WITH owned AS (
    UPDATE audit_stream SET refusals = refusals + 1, last_error = $4 WHERE name = $1 AND epoch = $2 RETURNING name),
  forgotten AS (DELETE FROM audit_stream_batch WHERE stream IN (SELECT name FROM owned))
  INSERT INTO audit_stream_parked (stream, index, event_id, leaf_hash, reason, parked_at, note)
  SELECT name, index, id, decode("leafHash", 'base64'), reason, "parkedAt", note FROM owned,
         jsonb_to_recordset($3) AS gap (index bigint, id uuid, "leafHash" text, reason text, "parkedAt" timestamptz, note text)
      ON CONFLICT (stream, index) DO UPDATE SET (reason, parked_at, note, retry_at) =
         (EXCLUDED.reason, EXCLUDED.parked_at, EXCLUDED.note, NULL)
  RETURNING stream`;

const FINISH = `
  UPDATE audit_stream SET state = 'done', looked = ends_before WHERE name = $1 AND epoch = $2 AND ends_before IS NOT NULL`;

const ANSWER = `
  UPDATE audit_stream_test SET answer = $4, answered_at = clock_timestamp()
   WHERE stream = $1 AND id = $3 AND EXISTS (SELECT FROM audit_stream WHERE name = $1 AND epoch = $2)`;

const LOOKED = 'UPDATE audit_stream SET looked = $3, looked_as = $4 WHERE name = $1 AND epoch = $2 AND looked < $3';

/**
 * One stream's rows, for the leader of an epoch. Each change is one statement, which the database refuses to a leader of an earlier epoch:
 *
 * ```
 *   nothing frozen ──freeze──▶ frozen ──accept──▶ nothing frozen, further on
 *        ▲                       │ attempt, fail: stays
 *        └──── forget, park ─────┘
 * ```
 *
 * All methods reject with the client's error.
 */
export class StreamStore {
  constructor(
    private readonly session: LedgerQueries,
    private readonly stream: string,
    private readonly epoch: number,
  ) {}

  /** @throws StreamTakenOverError (`AUDIT_STREAM_TAKEN_OVER`) */
  async load(): Promise<StreamProgress> {
    const [row] = await this.rows(LOAD);
    if (!row) throw new StreamTakenOverError(this.stream);
    const sealed = Number(row.sealed ?? 0);
    return {
      state: row.state as StreamProgress['state'], // the table's constraint
      replayOf: typeof row.replay_of === 'string' ? row.replay_of : undefined,
      test: typeof row.test === 'string' ? row.test : undefined,
      position: Number(row.position),
      looked: Number(row.looked),
      lookedAs: (row.looked_as ?? undefined) as Selection | undefined, // as it was stored
      previousHash: String(row.previous_hash),
      checkpointSize: Number(row.checkpoint_size),
      failures: Number(row.failures),
      refusals: Number(row.refusals),
      sealed,
      end: row.ends_before === null ? sealed : Math.min(sealed, Number(row.ends_before)),
      retry: row.retry === null ? undefined : Number(row.retry),
      frozen: frozenOf(row),
    };
  }

  /** The signed checkpoint of a size. */
  async checkpoint(size: number): Promise<string | undefined> {
    const [row] = await this.session.rows(NOTE, [size]);
    return row && String(row.note);
  }

  /** The gap records of a range of places. */
  async gaps(first: number, last: number): Promise<readonly GapRecord[]> {
    const rows = await this.session.rows(GAPS, [this.stream, first, last]);
    return rows.map((row) => ({
      index: Number(row.index),
      id: String(row.event_id),
      leafHash: String(row.leaf_hash),
      reason: String(row.reason),
      parkedAt: String(row.parked_at),
      note: String(row.note),
    }));
  }

  /** Stores a batch instead of the one that is stored. It may be sent once. `false`: the stream is not active, or not ours. */
  async freeze({ id, first, last, retried, checkpointSize, hash, selection }: FrozenBatch): Promise<boolean> {
    const values = [id, first, last, retried ?? null, checkpointSize, hash, JSON.stringify(selection)];
    return (await this.rows(FREEZE, values)).length > 0;
  }

  /** Allows one more attempt. `false`: the stream is not active, or not ours. */
  async attempt(id: string): Promise<boolean> {
    return (await this.rows(ATTEMPT, [id])).length > 0;
  }

  /** Moves the stream behind a batch, and forgets the batch. @throws StreamTakenOverError (`AUDIT_STREAM_TAKEN_OVER`) */
  async accept({ id, last, retried, checkpointSize, hash }: FrozenBatch, events: number): Promise<void> {
    // A parked event lies before the position: the stream stays where it is.
    const next = retried === undefined ? last + 1 : 0;
    await this.changed(ACCEPT, [id, next, hash, checkpointSize, events, retried ?? null]);
  }

  /** Counts a failed attempt. */
  async fail(reason: string): Promise<number> {
    const [row] = await this.changed(FAIL, [reason]);
    return Number(row?.failures);
  }

  /** Forgets a batch that was refused, so that a smaller one takes its place. */
  async forget(id: string): Promise<void> {
    await this.changed(FORGET, [id]);
  }

  /** Parks events, and forgets the batch that held them. */
  async park(gaps: readonly GapRecord[], reason: string): Promise<void> {
    await this.changed(PARK, [JSON.stringify(gaps), reason]);
  }

  /** Notes that the places before hold nothing else that the stream selects. */
  async look(looked: number, selection: Selection): Promise<void> {
    await this.rows(LOOKED, [looked, JSON.stringify(selection)]);
  }

  /** Ends a replay that is at the end of its range. */
  async finish(): Promise<void> {
    await this.rows(FINISH);
  }

  /** Stores what the destination answered to a test event. */
  async answerTest(id: string, answer: object): Promise<void> {
    await this.rows(ANSWER, [id, JSON.stringify(answer)]);
  }

  private async changed(text: string, values: readonly unknown[]): Promise<Awaited<ReturnType<LedgerQueries['rows']>>> {
    const rows = await this.rows(text, values);
    if (rows.length === 0) throw new StreamTakenOverError(this.stream);
    return rows;
  }

  private async rows(text: string, values: readonly unknown[] = []): ReturnType<LedgerQueries['rows']> {
    return this.session.rows(text, [this.stream, this.epoch, ...values]);
  }
}

function frozenOf(row: Readonly<Record<string, unknown>>): FrozenBatch | undefined {
  if (typeof row.id !== 'string') return undefined;
  return {
    id: row.id,
    first: Number(row.first_index),
    last: Number(row.last_index),
    retried: row.retried_index === null ? undefined : Number(row.retried_index),
    checkpointSize: Number(row.frozen_size),
    hash: String(row.hash),
    selection: row.selection as Selection, // as it was frozen
  };
}
