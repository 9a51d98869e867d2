import { parseJson, type AuditEvent, type JsonObject } from '../../audit/nest-free.js';
import type { ActStatement } from '../../monitoring/keep/acts/act-note.js';
import { recordAct } from '../../monitoring/keep/acts/store-act.js';
import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import type { LedgerQueries, LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { FollowedActs, type FollowedAct } from '../../monitoring/keep/lifecycle/followed-acts.js';
import type { CheckpointTrust } from '../../monitoring/proof/log/notes/checkpoint.js';
import { SEQUENCER } from '../../monitoring/store/ledger-roles.js';
import { useSession } from '../../monitoring/store/sessions/use-session.js';
import { LEADER_LIMITS } from '../../monitoring/store/sessions/session-limits.js';
import type { LedgerRow } from '../../monitoring/store/ledger-row.js';
import { readCursor, type StreamCursor } from './stream-cursor.js';

export interface StreamChange {
  readonly stream: string;
  readonly change:
    'added' | 'altered' | 'paused' | 'resumed' | 'ended' | 'retried' | 'dropped' | 'removed' | 'replayed';
  /** For `added` and `altered`: the digest of the options, the digest of the selection, and the option `keepsEvents`. */
  readonly settings?: string;
  readonly selection?: string;
  readonly keepsEvents?: boolean;
  /** For `retried` and `dropped`: the sequence numbers of the parked events. */
  readonly places?: readonly number[];
  /** For `replayed`, and for `resumed` with a new position: the first sequence number. */
  readonly first?: number;
  /** For `replayed`: the last sequence number, and the name of the replay. */
  readonly last?: number;
  readonly replay?: string;
}

/** Makes the statement of the act that records a change. Members that are `undefined` are left out. */
function streamChange(change: StreamChange): ActStatement {
  return { ...(parseJson(JSON.stringify(change)) as JsonObject), act: 'stream_change' }; // a change is an object
}

export interface StreamOperator {
  readonly actor: AuditEvent['actor'];
  readonly reason?: string | undefined;
  readonly signer: StatementSigner;
}

export function asSystem(signer: StatementSigner, reason?: string): StreamOperator {
  return { actor: { type: 'system', name: 'nestjs-audit-ledger' }, reason, signer };
}

const KNOWN = 'SELECT FROM audit_stream WHERE name = $1';

export async function hasStream(session: LedgerQueries, name: string): Promise<boolean> {
  return (await session.rows(KNOWN, [name])).length > 0;
}

/** Stores the signed act of a change. Call this function before the transaction's first write. Resolves with the act's number. */
export async function recordStreamChange(
  session: LedgerQueries,
  change: StreamChange,
  { actor, reason, signer }: StreamOperator,
): Promise<number> {
  const { number } = await recordAct(session, { statement: streamChange(change), signer, actor, reason });
  return number;
}

/** Runs `work` in a new session that has the rights to change streams. @throws the errors of {@link useSession} */
export function useStreamsSession<Result>(
  sequencerUrl: string,
  work: (session: LedgerSession) => Promise<Result>,
): Promise<Result> {
  return useSession(sequencerUrl, { ...SEQUENCER, name: 'streams' }, LEADER_LIMITS, work);
}

/** Selects the number of the newest act, as `acts`. For every change of a stream, the same transaction stores a signed act. */
export const NEWEST_ACT = '(SELECT coalesce(max(number), 0) FROM audit_act) AS acts';

/** Reads the streams that exist according to the signed acts. A leader uses this class to notice new acts. */
export class FollowedStreams {
  private readonly acts: FollowedActs;
  /** The streams that existed according to the acts at the last {@link read}. */
  stated: StatedStreams = new Map();
  private following: Promise<void> | undefined;

  constructor(
    readonly signer: StatementSigner,
    readonly sequencerUrl: string,
  ) {
    this.acts = new FollowedActs(signer);
  }

  get trust(): CheckpointTrust {
    return this.acts.trust;
  }

  /**
   * Repeats a query that selects {@link NEWEST_ACT}, until {@link stated} includes the newest act. Rejects with the error of the PostgreSQL
   * client.
   *
   * @throws `AUDIT_ACTS_CONTRADICTED`
   */
  async read(query: () => Promise<readonly LedgerRow[]>): Promise<readonly LedgerRow[]> {
    let rows = await query();
    while (rows.some(({ acts }) => Number(acts) !== this.acts.number)) {
      this.following ??= this.follow().finally(() => (this.following = undefined));
      await this.following;
      rows = await query();
    }
    return rows;
  }

  private async follow(): Promise<void> {
    await useStreamsSession(this.sequencerUrl, (session) =>
      session.inTransaction(async () => {
        this.stated = statedStreams((await this.acts.follow(session)).values());
      }),
    );
  }
}

/**
 * Reads the streams that exist according to the acts. No act can be added until the caller's transaction ends.
 *
 * @throws `AUDIT_ACTS_CONTRADICTED`
 */
export async function followStreams(transaction: LedgerQueries, signer: StatementSigner): Promise<StatedStreams> {
  return statedStreams((await new FollowedActs(signer).follow(transaction)).values());
}

export interface StatedStream {
  /** The number of the act that added the stream or last changed its position. */
  readonly act: number;
  readonly state: 'active' | 'paused' | 'gone';
  readonly settings: string;
  readonly selection?: string | undefined;
  /** Whether retention keeps an event until the stream has sent this event. */
  readonly keepsEvents: boolean;
  /** For a replay: the original stream, and the range of events that the replay sends again. */
  readonly replay?: { readonly of: string; readonly first: number; readonly end: number };
}

/** The streams and replays that the acts added and did not remove, by name. */
type StatedStreams = ReadonlyMap<string, StatedStream>;

/** A stream whose row agrees with the acts. */
export interface JudgedStream {
  readonly stated: StatedStream;
  readonly cursor: StreamCursor;
}

const STATES: Readonly<Record<string, StatedStream['state'] | undefined>> = {
  paused: 'paused',
  ended: 'gone',
  resumed: 'active',
};

export function statedStreams(acts: Iterable<FollowedAct>): StatedStreams {
  const streams = new Map<string, StatedStream>();
  for (const { number, statement } of acts) if (statement.act === 'stream_change') apply(streams, number, statement);
  return streams;
}

function apply(streams: Map<string, StatedStream>, act: number, statement: Readonly<Record<string, unknown>>): void {
  const name = String(statement.stream);
  const change = String(statement.change);
  const known = streams.get(name);
  if (change === 'removed') {
    for (const each of [...streams.keys()]) if (each === name || each.startsWith(`${name}.`)) streams.delete(each);
    return;
  }
  const { settings, selection, keepsEvents } = {
    ...(change === 'added' ? {} : known),
    ...statement,
  } as Partial<StatedStream>; // the act is signed, so its values have these types
  const stated = { settings: settings ?? '', selection, keepsEvents: keepsEvents === true };
  if (change === 'added') streams.set(name, { ...stated, act, state: 'active' });
  else if (change === 'replayed') {
    const replay = { of: name, first: Number(statement.first), end: Number(statement.last) + 1 };
    streams.set(String(statement.replay), { ...stated, act, state: 'active', replay });
  } else if (known) {
    const state = STATES[change] ?? known.state;
    streams.set(name, { ...known, ...stated, state, act: statement.first === undefined ? known.act : act });
  }
}

/** The columns of `audit_stream` that {@link judgeStream} reads. */
export const JUDGED = 'name, state, replay_of, begins_at, ends_before, position, looked, keeps_events, cursor';

/** Compares a row of {@link JUDGED} with the acts, and with the row's signed cursor. Returns the stream, or the contradiction as a clause. */
export function judgeStream(row: LedgerRow, streams: StatedStreams, trust: CheckpointTrust): JudgedStream | string {
  const name = String(row.name);
  const stated = streams.get(name);
  if (!stated) return 'no signed act added it';
  const { act, state, keepsEvents, replay } = stated;
  const cursor = readCursor(row.cursor, name, trust);
  if (cursor?.act !== act) return 'the application did not sign its cursor';
  if (Number(row.position) !== cursor.position || Number(row.looked) !== cursor.looked)
    return `its row is at ${String(row.looked)}, but its signed cursor is at ${cursor.looked}`;
  const isOfAct =
    row.replay_of === (replay?.of ?? null) &&
    (!replay || (Number(row.begins_at) === replay.first && Number(row.ends_before) === replay.end));
  if (!isOfAct) return 'no signed act began a replay of this range';
  const isDone = row.state === 'done' && replay !== undefined && cursor.looked >= replay.end;
  if (row.state !== state && !isDone) return `its row has the state ${String(row.state)}, but its acts state ${state}`;
  return row.keeps_events === keepsEvents ? { stated, cursor } : 'its row and its acts differ in keepsEvents';
}
