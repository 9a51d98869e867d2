import type { LedgerRow } from './ledger-row.js';
import type { LedgerState } from './ledger-state.js';
import type { StatePart } from './state.dto.js';

export type { StatePart } from './state.dto.js';

/** The known state of the ledger. */
export interface KnownLedger {
  /** Whether its last read succeeded. */
  readonly isUp: boolean;
  /** The state of the last successful read; `undefined` before the first. */
  readonly state: LedgerState | undefined;
  /** The seconds since a checkpoint was published, by destination, as of the last read. */
  readonly published: ReadonlyMap<string, number>;
  /** The answer to each question of an optional room, by the question ({@link LedgerRoom.asks}). */
  readonly answers: ReadonlyMap<string, LedgerRow>;
  /** The age of the last read, in seconds. */
  readonly ageSeconds: number;
}

/** One part, or several of a room. */
export type HealthAnswer = StatePart | readonly StatePart[];

/**
 * Reports the state of a part of the ledger. The health, the state page and, for the database alone, `doctor` show the parts of
 * `HEALTH_PARTS` and of the rooms.
 */
export interface HealthPart {
  /** The name of its part, or of the first: an error of the check is shown under it. */
  readonly part: string;
  /** Rejects if it cannot check; the caller shows that as an error of the part. */
  health(known: KnownLedger): HealthAnswer | Promise<HealthAnswer>;
}

/** The injection token of the ledger's own {@link HealthPart}s, in the order in which they are shown; those of optional rooms follow. */
export const HEALTH_PARTS = Symbol('HEALTH_PARTS');

/** A part that is an error if there is a problem, and else reports the normal state. */
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
 * Splits a message of an error or a check for a part: the last sentence, with what to do, and the text before it.
 *
 * @param message `Cannot <do>: <what was seen>. <What to do next>.`
 */
export function toldBy(message: string): Pick<StatePart, 'says' | 'whatToDo'> {
  const [, says = message, whatToDo] = /^(.+?[.!])\s+(\S.*)$/s.exec(message) ?? [];
  return { says, ...(whatToDo === undefined ? {} : { whatToDo }) };
}

/** A number with its noun: `No event waits`, `3 events wait`. */
export function countOf(number: number, one: string, other: string): string {
  return `${number === 0 ? 'No' : number} ${number === 1 || number === 0 ? one : other}`;
}
