import type { LedgerRow } from './ledger-row.js';
import type { LedgerState } from './ledger-state.js';
import type { StatePart } from './state.dto.js';

export type { StatePart } from './state.dto.js';

/** What is known of the ledger. */
export interface KnownLedger {
  /** Whether it answered when it was asked last. */
  readonly isUp: boolean;
  /** What it said last; `undefined` before its first answer. */
  readonly state: LedgerState | undefined;
  /** How long ago a checkpoint was published, in seconds, by destination, as of the last answer. */
  readonly published: ReadonlyMap<string, number>;
  /** The row that each question of an optional room was answered with, by the question ({@link LedgerRoom.asks}). */
  readonly answers: ReadonlyMap<string, LedgerRow>;
  /** How long ago that answer came. */
  readonly ageSeconds: number;
}

/** One part, or more that a room has. */
export type HealthAnswer = StatePart | readonly StatePart[];

/**
 * Says how a part of the ledger is. What `HEALTH_PARTS` and the rooms hold is all that the health, the state page and, for what the database alone
 * says, `doctor` know.
 */
export interface HealthPart {
  /** The name of its part, or of the first: a part that cannot look is shown under it. */
  readonly part: string;
  /** Rejects with what keeps it from looking: who asks shows that as an error of the part. */
  health(known: KnownLedger): HealthAnswer | Promise<HealthAnswer>;
}

/** The {@link HealthPart}s of the ledger itself, in the order in which they are shown; those of optional rooms follow. */
export const HEALTH_PARTS = Symbol('HEALTH_PARTS');

/** A part that is an error while something is wrong, and else says what is well. */
export function partOf(
  name: string,
  problems: readonly (Pick<Error, 'message'> | undefined)[],
  says: string,
  facts: StatePart['facts'] = {},
): StatePart {
  const messages = problems.flatMap((problem) => problem?.message ?? []);
  if (messages.length === 0) return { name, status: 'ok', says, facts };
  return { name, status: 'error', ...toldBy(messages.join(' ')), facts };
}

/** A part that is not in use. */
export function partOff(name: string, says: string, facts: StatePart['facts'] = {}): StatePart {
  return { name, status: 'off', says, facts };
}

/**
 * A message of an error or of the health's check as a part has it: its last sentence that tells what to do, and what comes before.
 *
 * @param message `Cannot <do>: <what was seen>. <What to do next>.`
 */
export function toldBy(message: string): Pick<StatePart, 'says' | 'whatToDo'> {
  const [, says = message, whatToDo] = /^(.+?[.!])\s+(\S.*)$/s.exec(message) ?? [];
  return { says, ...(whatToDo === undefined ? {} : { whatToDo }) };
}

/** A number with what is counted: `No event waits`, `3 events wait`. */
export function countOf(number: number, one: string, other: string): string {
  return `${number === 0 ? 'No' : number} ${number === 1 || number === 0 ? one : other}`;
}
