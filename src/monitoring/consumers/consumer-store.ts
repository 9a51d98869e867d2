import type { AuditEvent, JsonObject } from '../../audit/nest-free.js';
import { appendEvents, appendOwnEvent } from '../inbox/append-own-event.js';
import type { StatementSigner } from '../proof/log/notes/statement.js';
import type { LedgerReader } from '../store/ledger-reader.service.js';
import { selectTimeText } from '../store/ledger-row.js';
import type { LedgerQueries, LedgerTransactions } from '../store/sessions/ledger-session.js';
import type { LedgerSessions } from '../store/sessions/ledger-sessions.js';
import {
  CONSUMER_COLUMNS,
  SIGNED_COLUMNS,
  notedValues,
  signAndSetState,
  parseConsumerState,
  type ConsumerState,
} from './consumer-state.js';
import { consumerErrors } from './consumers.errors.js';
import { sealedSize } from './log-position.js';
import type { FrozenRange, LogRange, ParkedRecord, RangeConsumer } from './range-consumer.js';
import { isRecordSigned, signRecords } from './signed-records.js';

/** A consumer's state, and the facts that determine its next step. */
export interface ConsumerProgress extends ConsumerState {
  readonly sealed: number;
  /** The number after the last event that it can handle now. */
  readonly end: number;
  readonly failures: number;
  readonly refusals: number;
  /** The sequence number of the first parked event to retry. */
  readonly retry: number | undefined;
}

const LOAD = `
  SELECT ${CONSUMER_COLUMNS}, (SELECT coalesce(max(size), 0) FROM audit_checkpoint) AS sealed,
         (SELECT encode(leaf_hash, 'base64') FROM audit_leaf WHERE index = position - 1) AS leaf_now,
         (SELECT min(index) FROM audit_consumer_parked WHERE consumer = name AND retry_at IS NOT NULL) AS retry
    FROM audit_consumer WHERE name = $1`;

const LEAF = `SELECT encode(leaf_hash, 'base64') AS leaf FROM audit_leaf WHERE index = $1`;

const ADD = `
  INSERT INTO audit_consumer (name, ${SIGNED_COLUMNS.join(', ')}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
      ON CONFLICT (name) DO NOTHING RETURNING name`;

/** If another process has moved the consumer, the row has another note, and these statements have no effect. */
const MOVE = `UPDATE audit_consumer SET ${signAndSetState(3)}`;
const WHERE_UNCHANGED = 'WHERE name = $1 AND note = $2 RETURNING name, failures';

const HANDLED = `
  WITH moved AS (
    ${MOVE}, handled_events = handled_events + $12, handled_batches = handled_batches + 1, failures = 0,
           refusals = CASE WHEN $12 > 0 THEN 0 ELSE refusals END, last_error = NULL, last_handled_at = clock_timestamp()
     ${WHERE_UNCHANGED}),
  unparked AS (DELETE FROM audit_consumer_parked WHERE consumer IN (SELECT name FROM moved) AND index = $13)
  SELECT name FROM moved`;

const FAIL = `UPDATE audit_consumer SET failures = failures + 1, last_error = $3 ${WHERE_UNCHANGED}`;

const RECORDS = `
  SELECT index::float8, event_id AS id, encode(leaf_hash, 'base64') AS "leafHash", reason, note, ${selectTimeText('parked_at')} AS "parkedAt"
    FROM audit_consumer_parked WHERE consumer = $1 AND index >= $2 AND index < $3 ORDER BY index`;

const LEAVES = `
  SELECT index::float8, event_id AS id, encode(leaf_hash, 'base64') AS "leafHash" FROM audit_leaf
   WHERE index = ANY ($1::bigint[]) ORDER BY index`;

const PARK = `
  WITH moved AS (${MOVE}, refusals = refusals + 1, last_error = $13 ${WHERE_UNCHANGED})
  INSERT INTO audit_consumer_parked (consumer, index, event_id, leaf_hash, reason, parked_at, note)
  SELECT name, index, id, decode("leafHash", 'base64'), reason, "parkedAt", note FROM moved,
         jsonb_to_recordset($12) AS gap (index bigint, id uuid, "leafHash" text, reason text, "parkedAt" timestamptz, note text)
      ON CONFLICT (consumer, index) DO UPDATE SET (reason, parked_at, note, retry_at) =
         (EXCLUDED.reason, EXCLUDED.parked_at, EXCLUDED.note, NULL)
  RETURNING consumer`;

const EVENTS_PER_INSERT = 500;

/** Adds the row of a new consumer, with an own event, which shows later that a row was there. */
export async function addConsumer(
  session: LedgerTransactions,
  { name, delaysRetention, about }: Pick<RangeConsumer, 'name' | 'delaysRetention' | 'about'>,
  from: RangeConsumer['from'],
  signer: StatementSigner,
): Promise<void> {
  await session.inTransaction(async () => {
    const position = from === 'now' ? await sealedSize(session) : 0;
    if (!(await addRow(session, name, await createStateAt(session, position, { delaysRetention, about }), signer)))
      return;
    const details = { consumer: name, change: 'added', first: position, delaysRetention };
    const [actor, resource] = [{ type: 'system' } as const, { type: 'audit_consumer', id: name }];
    await appendOwnEvent(session, 'audit_consumer_changed', { actor, resource, details });
  });
}

const ADDED = `
  SELECT FROM audit_event WHERE type = 'audit_consumer_changed' AND resource_type = 'audit_consumer' AND resource_id = $1 LIMIT 1`;

/** Whether the ledger's events state that a consumer was added. @throws `AUDIT_LEDGER_UNAVAILABLE` */
export async function hasConsumer(reader: Pick<LedgerReader, 'eventRows'>, consumer: string): Promise<boolean> {
  return (await reader.eventRows({ scope: 'all' }, ADDED, [consumer])).length > 0;
}

/** Resolves with `false` if the ledger has a row of this name. */
export async function addRow(
  session: LedgerQueries,
  name: string,
  state: ConsumerState,
  signer: StatementSigner,
): Promise<boolean> {
  return (await session.rows(ADD, [name, ...(await notedValues(signer, name, state))])).length > 0;
}

/** Returns the state of a consumer that is to continue from a sequence number. */
export async function createStateAt(
  session: LedgerQueries,
  position: number,
  known: Partial<ConsumerState>,
): Promise<ConsumerState> {
  const { delaysRetention = false, about = {}, carried = {} } = known;
  const fresh = { state: 'active', replayOf: null, endsBefore: null } as const;
  return { ...fresh, position, leaf: await readPreviousLeaf(session, position), delaysRetention, about, carried };
}

async function readPreviousLeaf(session: LedgerQueries, position: number): Promise<string | null> {
  const [row] = position === 0 ? [] : await session.rows(LEAF, [position - 1]);
  return row ? String(row.leaf) : null;
}

/**
 * Reads and moves one consumer. Each change is one statement, which has no effect if another process has moved the consumer:
 *
 * ```
 *   nothing frozen ──freeze──▶ frozen ──handled──▶ nothing frozen, next position
 *        ▲                       │ freeze again, fail: stays
 *        └──── forget, park ─────┘
 * ```
 *
 * All methods reject with the error of the PostgreSQL client.
 */
export class ConsumerStore {
  private at: { readonly state: ConsumerState; readonly note: unknown } | undefined;

  constructor(
    private readonly session: LedgerQueries,
    readonly consumer: string,
    private readonly signer: StatementSigner,
    /** For transactions: other consumers run statements on `session` at the same time. */
    private readonly sessions: Pick<LedgerSessions, 'use'>,
  ) {}

  /** Resolves with `undefined` if the ledger lacks the row of the consumer. @throws `AUDIT_CONSUMER_CONTRADICTED` */
  async load(): Promise<ConsumerProgress | undefined> {
    this.at = undefined;
    const [row] = await this.session.rows(LOAD, [this.consumer]);
    if (!row) return undefined;
    const state = parseConsumerState(row, this.signer.trust);
    if (typeof state === 'string') throw consumerErrors.AUDIT_CONSUMER_CONTRADICTED(this.consumer, state);
    const sealed = Number(row.sealed);
    if (state.position > sealed || row.leaf_now !== state.leaf) {
      const seen = `the event before its position ${state.position} is missing, or is another one than it handled, as after a restore or an adoption`;
      throw consumerErrors.AUDIT_CONSUMER_CONTRADICTED(this.consumer, seen);
    }
    this.at = { state, note: row.note };
    const end = Math.min(sealed, state.endsBefore ?? sealed);
    const retry = row.retry === null ? undefined : Number(row.retry);
    return { ...state, sealed, end, failures: Number(row.failures), refusals: Number(row.refusals), retry };
  }

  /** Stores a batch before it is handled. Resolves with `false` if another process has moved or paused the consumer. */
  async freeze({ first, end, retried, more }: FrozenRange): Promise<boolean> {
    return this.move({ frozen: { first, end, retried, more } });
  }

  /** Moves the consumer past a handled batch, and records the events of `append` in the same transaction. */
  async handled(
    { end, retried }: FrozenRange,
    events: number,
    {
      carried,
      append = [],
    }: { readonly carried?: JsonObject | undefined; readonly append?: readonly AuditEvent[] } = {},
  ): Promise<boolean> {
    const position = retried === undefined ? { position: end, leaf: await readPreviousLeaf(this.session, end) } : {};
    const change = { ...position, ...(carried && { carried }), frozen: undefined };
    const values = [events, retried ?? null];
    if (append.length === 0) return this.move(change, HANDLED, values);
    return this.sessions.use((session) =>
      session.inTransaction(async () => {
        const isMoved = await this.move(change, HANDLED, values, session); // the fence: another process may have handled the batch
        for (let first = 0; isMoved && first < append.length; first += EVENTS_PER_INSERT)
          await appendEvents(session, append.slice(first, first + EVENTS_PER_INSERT));
        return isMoved;
      }),
    );
  }

  /** Moves the consumer past a range without an event for it. */
  async skip(end: number, carried?: JsonObject): Promise<boolean> {
    const leaf = await readPreviousLeaf(this.session, end);
    return this.move({ position: end, leaf, ...(carried && { carried }), frozen: undefined });
  }

  /** Counts a failed attempt. Resolves with the number of failures in a row. */
  async fail(reason: string): Promise<number> {
    const [row] = await this.session.rows(FAIL, [this.consumer, this.at?.note, reason]);
    return Number(row?.failures ?? 1);
  }

  /** Forgets a refused batch, so that the next batch can be smaller. */
  async forget(): Promise<boolean> {
    return this.move({ frozen: undefined });
  }

  /** Parks events, each with a signed record. @param frozen the batch, if it was handled without these events */
  async park(indexes: readonly number[], reason: string, frozen?: FrozenRange): Promise<boolean> {
    const leaves = await this.session.rows(LEAVES, [indexes]);
    const parkedAt = new Date().toISOString();
    const stated = leaves.map((leaf) => ({ ...(leaf as Omit<ParkedRecord, 'note'>), reason, parkedAt })); // the selected columns
    const of = this.at?.state.replayOf ?? this.consumer;
    const records = await signRecords('gap', of, stated, this.signer);
    return this.move(frozen ? {} : { frozen: undefined }, PARK, [JSON.stringify(records), reason]);
  }

  /** Marks a replay as done at the end of its range. */
  async finish(): Promise<boolean> {
    return this.move({ state: 'done' });
  }

  /** Stores changed options of the consumer. */
  async describe(described: Pick<ConsumerState, 'delaysRetention' | 'about'>): Promise<boolean> {
    return this.move(described);
  }

  /** Reads the signed records of parked events. */
  async parkedIn({ first, end }: LogRange): Promise<readonly ParkedRecord[]> {
    const rows = (await this.session.rows(RECORDS, [this.consumer, first, end])) as unknown as readonly ParkedRecord[]; // the selected columns
    const { trust } = this.signer;
    const of = this.at?.state.replayOf ?? this.consumer;
    return rows.filter((record) => isRecordSigned('gap', of, record, trust));
  }

  private async move(
    change: Partial<ConsumerState>,
    text = `${MOVE} ${WHERE_UNCHANGED}`,
    values: readonly unknown[] = [],
    session = this.session,
  ): Promise<boolean> {
    const { at, consumer } = this;
    if (!at) return false;
    const state = { ...at.state, ...change };
    const noted = await notedValues(this.signer, consumer, state);
    const isMoved = (await session.rows(text, [consumer, at.note, ...noted, ...values])).length > 0;
    this.at = isMoved ? { state, note: noted[0] } : undefined;
    return isMoved;
  }
}
