import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import {
  NEWEST_ACT,
  type FollowedStreams,
  JUDGED,
  judgeStream,
  type JudgedStream,
  type StatedStream,
} from './stream-acts.js';
import type { Selection } from './selection.js';
import { isRecordSigned } from './signed-batch.js';
import type { GapRecord } from './stream-destination.js';
import { signCursor, type FrozenBatch, type StreamCursor } from './stream-cursor.js';
import { streamsErrors } from './streams.errors.js';

/** The state of a stream, which determines the worker's next step. */
export interface StreamProgress extends Omit<StreamCursor, 'frozenAs'> {
  readonly state: StatedStream['state'] | 'done';
  /** The stream whose events a replay sends again. */
  readonly replayOf: string | undefined;
  readonly failures: number;
  readonly refusals: number;
  readonly sealed: number;
  /** The sequence number after the last event that the stream can send now. */
  readonly end: number;
  /** The sequence number of the first parked event to retry. */
  readonly retry: number | undefined;
}

interface Loaded extends JudgedStream {
  /** The digest of the stream's current options. */
  readonly settings: string | undefined;
  readonly end: number;
}

const LOAD = `
  SELECT ${JUDGED}, ${NEWEST_ACT}, failures, refusals,
         (SELECT size FROM audit_checkpoint ORDER BY size DESC LIMIT 1) AS sealed,
         (SELECT min(index) FROM audit_stream_parked WHERE stream = name AND retry_at IS NOT NULL) AS retry
    FROM audit_stream WHERE name = $1 AND epoch = $2`;

const NOTE = 'SELECT note FROM audit_checkpoint WHERE size = $1';

const GAPS = `
  SELECT index::float8, event_id AS id, encode(leaf_hash, 'base64') AS "leafHash", reason, note,
         to_char(parked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "parkedAt"
    FROM audit_stream_parked WHERE stream = $1 AND index BETWEEN $2 AND $3 ORDER BY index`;

/** The columns `position` and `looked` are for readers that do not verify the signed cursor. */
const MOVED = 'cursor = $3, position = $4, looked = $5';
const MOVE = `UPDATE audit_stream SET ${MOVED} WHERE name = $1 AND epoch = $2 RETURNING name`;

const FREEZE = `
  UPDATE audit_stream SET ${MOVED} WHERE name = $1 AND epoch = $2 AND state = 'active' RETURNING name`;

const ACCEPT = `
  WITH moved AS (
    UPDATE audit_stream SET ${MOVED}, sent_events = sent_events + $6, sent_batches = sent_batches + 1, failures = 0,
           refusals = CASE WHEN $6 > 0 THEN 0 ELSE refusals END, last_error = NULL, last_sent_at = clock_timestamp()
     WHERE name = $1 AND epoch = $2 RETURNING name),
  unparked AS (DELETE FROM audit_stream_parked WHERE stream IN (SELECT name FROM moved) AND index = $7)
  SELECT name FROM moved`;

const FAIL = `
  UPDATE audit_stream SET failures = failures + 1, last_error = $3 WHERE name = $1 AND epoch = $2 RETURNING failures`;

const PARK = `
  WITH owned AS (
    UPDATE audit_stream SET ${MOVED}, refusals = refusals + 1, last_error = $7 WHERE name = $1 AND epoch = $2 RETURNING name)
  INSERT INTO audit_stream_parked (stream, index, event_id, leaf_hash, reason, parked_at, note)
  SELECT name, index, id, decode("leafHash", 'base64'), reason, "parkedAt", note FROM owned,
         jsonb_to_recordset($6) AS gap (index bigint, id uuid, "leafHash" text, reason text, "parkedAt" timestamptz, note text)
      ON CONFLICT (stream, index) DO UPDATE SET (reason, parked_at, note, retry_at) =
         (EXCLUDED.reason, EXCLUDED.parked_at, EXCLUDED.note, NULL)
  RETURNING stream`;

const FINISH = `UPDATE audit_stream SET ${MOVED}, state = 'done' WHERE name = $1 AND epoch = $2 AND replay_of IS NOT NULL`;

/**
 * Reads and writes the rows of one stream, for the leader of an epoch. The stream resumes from a signed cursor. Each change is one
 * statement, which has no effect for a leader of an earlier epoch:
 *
 * ```
 *   nothing frozen ──freeze──▶ frozen ──accept──▶ nothing frozen, next position
 *        ▲                       │ freeze again, fail: stays
 *        └──── forget, park ─────┘
 * ```
 *
 * All methods reject with the error of the PostgreSQL client.
 */
export class StreamStore {
  private at: Loaded | undefined;

  constructor(
    private readonly session: LedgerQueries,
    private readonly stream: string,
    private readonly epoch: number,
    private readonly acts: FollowedStreams,
  ) {}

  /**
   * @throws `AUDIT_STREAM_TAKEN_OVER`, `AUDIT_STREAM_CONTRADICTED`, `AUDIT_ACTS_CONTRADICTED`
   */
  async load(): Promise<StreamProgress> {
    const [row] = await this.acts.read(() => this.rows(LOAD));
    if (!row) throw streamsErrors.AUDIT_STREAM_TAKEN_OVER(this.stream);
    const judged = judgeStream(row, this.acts.stated, this.acts.trust);
    if (typeof judged === 'string') throw streamsErrors.AUDIT_STREAM_CONTRADICTED(this.stream, judged);
    const { stated, cursor } = judged;
    const live = stated.replay ? this.acts.stated.get(stated.replay.of) : stated;
    const { frozenAs, frozen, ...resumed } = cursor;
    const sealed = Number(row.sealed ?? 0);
    const end = stated.replay?.end ?? sealed;
    this.at = { cursor, stated, settings: live?.settings, end };
    return {
      ...resumed,
      frozen: frozenAs === live?.settings ? frozen : undefined,
      state: row.state === 'active' && live ? live.state : (row.state as StreamProgress['state']), // judgeStream has checked the state
      replayOf: stated.replay?.of,
      failures: Number(row.failures),
      refusals: Number(row.refusals),
      sealed,
      end: Math.min(sealed, end),
      retry: row.retry === null ? undefined : Number(row.retry),
    };
  }

  async checkpoint(size: number): Promise<string | undefined> {
    const [row] = await this.session.rows(NOTE, [size]);
    return row && String(row.note);
  }

  /** Reads the gap records of a range. A gap record that the ledger's key did not sign is ignored, so the stream sends the event instead. */
  async gaps(first: number, last: number): Promise<readonly GapRecord[]> {
    const rows = await this.session.rows(GAPS, [this.stream, first, last]);
    const gaps = rows as unknown as readonly GapRecord[]; // the selected columns
    const stream = this.current.stated.replay?.of ?? this.stream;
    return gaps.filter((gap) => isRecordSigned('gap', stream, gap, this.acts.trust));
  }

  /** Stores a batch before it is sent. Resolves with `false` if the stream is not active, or another instance leads the stream. */
  async freeze(frozen: FrozenBatch): Promise<boolean> {
    return (await this.move(FREEZE, { frozen, frozenAs: this.current.settings })).length > 0;
  }

  /** Moves the stream past an acknowledged batch. @throws `AUDIT_STREAM_TAKEN_OVER` */
  async accept(
    { last, retried, checkpointSize: size, hash: previousHash }: FrozenBatch,
    events: number,
  ): Promise<void> {
    const { position, looked, checkpointSize } = this.current.cursor;
    const next = retried === undefined ? last + 1 : 0; // a parked event is before the position
    const moved = { position: Math.max(position, next), looked: Math.max(looked, next), previousHash };
    const change = { ...moved, checkpointSize: Math.max(checkpointSize, size), frozen: undefined, frozenAs: undefined };
    this.owned(await this.move(ACCEPT, change, [events, retried ?? null]));
  }

  async fail(reason: string): Promise<number> {
    const [row] = this.owned(await this.rows(FAIL, [reason]));
    return Number(row?.failures);
  }

  /** Forgets a refused batch, so that the next batch can be smaller. */
  async forget(): Promise<void> {
    this.owned(await this.move(MOVE, { frozen: undefined, frozenAs: undefined }));
  }

  async park(gaps: readonly GapRecord[], reason: string): Promise<void> {
    this.owned(await this.move(PARK, { frozen: undefined, frozenAs: undefined }, [JSON.stringify(gaps), reason]));
  }

  /** Stores the end of the searched range: the stream selects no event before `looked`. */
  async skipTo(looked: number, lookedAs: Selection): Promise<void> {
    if (looked > this.current.cursor.looked) await this.move(MOVE, { looked, lookedAs });
  }

  /** Marks a replay as done at the end of its range. */
  async finish(): Promise<void> {
    await this.move(FINISH, { looked: this.current.end });
  }

  private get current(): Loaded {
    if (!this.at) throw streamsErrors.AUDIT_STREAM_TAKEN_OVER(this.stream);
    return this.at;
  }

  private async move(
    text: string,
    change: Partial<StreamCursor>,
    values: readonly unknown[] = [],
  ): ReturnType<LedgerQueries['rows']> {
    const { cursor, stated } = this.current;
    const next = { ...cursor, ...change };
    const note = await signCursor(this.acts.signer, { stream: this.stream, act: stated.act }, next);
    const rows = await this.rows(text, [note, next.position, next.looked, ...values]);
    this.at = { ...this.current, cursor: next };
    return rows;
  }

  private owned<Rows extends readonly unknown[]>(rows: Rows): Rows {
    if (rows.length === 0) throw streamsErrors.AUDIT_STREAM_TAKEN_OVER(this.stream);
    return rows;
  }

  private async rows(text: string, values: readonly unknown[] = []): ReturnType<LedgerQueries['rows']> {
    return this.session.rows(text, [this.stream, this.epoch, ...values]);
  }
}
