import type { LedgerRow } from './ledger-row.js';
import type { LedgerState } from './ledger-state.js';
import type { StatePart } from './state.dto.js';

export type { StatePart } from './state.dto.js';

/** The last known state of the ledger. */
export interface KnownLedger {
  /** Whether the last read succeeded. */
  readonly isUp: boolean;
  /** The state at the last successful read; `undefined` before the first one. */
  readonly state: LedgerState | undefined;
  /** By destination: the seconds from the last publication of a checkpoint to the last read. */
  readonly published: ReadonlyMap<string, number>;
  /** The row that each optional room's statement returned. The key is the statement ({@link LedgerRoom.asks}). */
  readonly answers: ReadonlyMap<string, LedgerRow>;
  readonly ageSeconds: number;
}

/** One part, or the parts of a room. */
export type HealthAnswer = StatePart | readonly StatePart[];

/** Reports the health of a part of the ledger to `/health` and the state page; to `doctor`, if the part needs only the database. */
export interface HealthPart {
  /** The name of the part, or of the first part. If the check fails, the error is shown under this name. */
  readonly part: string;
  /** Rejects if the check itself fails. The caller then reports an error under {@link part}. */
  health(known: KnownLedger): HealthAnswer | Promise<HealthAnswer>;
}

/** The injection token of the ledger's own {@link HealthPart}s, in the order of their display. Parts of optional rooms follow. */
export const HEALTH_PARTS = Symbol('HEALTH_PARTS');

/** Returns a part with the status `error` if `problems` contains one; otherwise a part with the status `ok` and the message `says`. */
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

/** Returns a part that is not in use. */
export function partOff(name: string, says: string, facts: StatePart['facts'] = {}): StatePart {
  return { name, status: 'off', says, facts };
}

/**
 * Splits a message into its first sentence, and the remaining text, which describes what to do.
 *
 * @param message `Cannot <do>: <what was seen>. <What to do next>.`
 */
export function toldBy(message: string): Pick<StatePart, 'says' | 'whatToDo'> {
  const [, says = message, whatToDo] = /^(.+?[.!])\s+(\S.*)$/s.exec(message) ?? [];
  return { says, ...(whatToDo === undefined ? {} : { whatToDo }) };
}

/** Returns a number with its noun: `No event waits`, `3 events wait`. */
export function countOf(number: number, one: string, other: string): string {
  return `${number === 0 ? 'No' : number} ${number === 1 || number === 0 ? one : other}`;
}
