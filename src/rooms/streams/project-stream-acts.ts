import type { FollowedAct } from '../../monitoring/keep/lifecycle/followed-acts.js';
import type { CheckpointTrust } from '../../monitoring/proof/log/notes/checkpoint.js';
import type { LedgerRow } from '../../monitoring/store/ledger-row.js';
import { readCursor, type StreamCursor } from './stream-cursor.js';

export interface StatedStream {
  /** The number of the act that added the stream or last changed its position. */
  readonly act: number;
  readonly state: 'active' | 'paused' | 'gone';
  readonly settings: string;
  readonly selection?: string | undefined;
  /** The digest of the stored definition; absent for a stream of the options. */
  readonly definition?: string | undefined;
  /** Whether retention keeps an event until the stream has sent this event. */
  readonly keepsEvents: boolean;
  /** For a replay: the original stream, and the range of events that the replay sends again. */
  readonly replay?: { readonly of: string; readonly first: number; readonly end: number };
}

/** The streams and replays that the acts added and did not remove, by name. */
export type StatedStreams = ReadonlyMap<string, StatedStream>;

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
  const { settings, selection, keepsEvents, definition } = {
    ...(change === 'added' ? {} : known),
    ...statement,
  } as Partial<StatedStream>; // the act is signed, so its values have these types
  const stated = { settings: settings ?? '', selection, keepsEvents: keepsEvents === true, definition };
  if (change === 'added') streams.set(name, { ...stated, act, state: statement.paused === true ? 'paused' : 'active' });
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
