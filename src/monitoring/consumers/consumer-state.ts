import { canonicalJson, parseJson, type JsonObject } from '../../audit/nest-free.js';
import { readState, signState } from '../keep/acts/signed-state.js';
import type { CheckpointTrust } from '../proof/log/notes/checkpoint.js';
import type { StatementSigner } from '../proof/log/notes/statement.js';
import type { LedgerRow } from '../store/ledger-row.js';
import type { FrozenRange } from './range-consumer.js';

/**
 * The state of a consumer, which the ledger's key signs, because the database's owner could otherwise move a consumer past an act of his own. An older
 * state only handles events again.
 *
 * ```
 *   active ──pause──▶ paused ──resume──▶ active      active ──gone──▶ gone ──resume──▶ active      replay: active ──▶ done
 * ```
 */
export interface ConsumerState {
  readonly state: 'active' | 'paused' | 'gone' | 'done';
  /** The first sequence number that is not handled. */
  readonly position: number;
  /** The leaf hash of the event before `position`, base64; `null` at the beginning. */
  readonly leaf: string | null;
  readonly delaysRetention: boolean;
  /** What a reader of the ledger should know of the consumer, such as its destination. */
  readonly about: JsonObject;
  /** For a replay: the live consumer, and the end of the range. */
  readonly replayOf: string | null;
  readonly endsBefore: number | null;
  /** The batch that is being handled. */
  readonly frozen?: FrozenRange | undefined;
  readonly carried: JsonObject;
}

export const CONSUMER_COLUMNS = `
  name, state, position, encode(leaf, 'base64') AS leaf, sending_to, delays_retention, about, replay_of, ends_before, note, failures, refusals`;

/** The note, and the columns that repeat it, for readers that cannot verify it. */
export const SIGNED_COLUMNS = [
  ...['note', 'state', 'position', 'leaf', 'sending_to', 'delays_retention', 'about', 'replay_of', 'ends_before'],
];

/** Sets {@link SIGNED_COLUMNS} to the parameters from `$first` on. */
export const signAndSetState = (first: number): string =>
  SIGNED_COLUMNS.map((column, nth) => `${column} = $${nth + first}`).join(', ');

/** Signs a state. Returns the values of {@link SIGNED_COLUMNS}. */
export async function notedValues(
  signer: StatementSigner,
  consumer: string,
  state: ConsumerState,
): Promise<readonly unknown[]> {
  const plain = Object(parseJson(JSON.stringify({ ...state, consumer }))) as Readonly<Record<string, unknown>>; // without undefined members
  const { state: word, position, leaf, frozen, delaysRetention, about, replayOf, endsBefore } = state;
  return [
    await signState(signer, 'consumer', plain),
    ...[word, position, leaf === null ? null : Buffer.from(leaf, 'base64')],
    ...[getLiveEnd(frozen), delaysRetention, JSON.stringify(about), replayOf, endsBefore],
  ];
}

/** A retry of a parked event is behind the position. */
function getLiveEnd(frozen: FrozenRange | undefined): number | null {
  return frozen && frozen.retried === undefined ? frozen.end : null;
}

/** Reads the state that a row's note states. Returns the contradiction as a clause if the note is not signed, or a column contradicts it. */
export function parseConsumerState(row: LedgerRow, trust: CheckpointTrust): ConsumerState | string {
  const { consumer, ...stated } = readState(String(row.note), 'consumer', trust) ?? {};
  if (consumer !== row.name) return 'the application did not sign the note of its row';
  const state = stated as unknown as ConsumerState; // the note is signed, so notedValues wrote it
  const seen = {
    ...{ state: row.state, position: Number(row.position), leaf: row.leaf, sendingTo: toNumberOrNull(row.sending_to) },
    ...{ delaysRetention: row.delays_retention, about: row.about, replayOf: row.replay_of },
    endsBefore: toNumberOrNull(row.ends_before),
  };
  const { position, leaf, delaysRetention, about, replayOf, endsBefore } = state;
  const noted = {
    ...{ state: state.state, position, leaf, sendingTo: getLiveEnd(state.frozen), delaysRetention },
    ...{ about, replayOf, endsBefore },
  };
  if (canonicalJson(seen) === canonicalJson(noted)) return state;
  return `its row is ${String(row.state)} at ${String(row.position)}, but its signed note ${state.state} at ${position}, or they differ otherwise`;
}

function toNumberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
