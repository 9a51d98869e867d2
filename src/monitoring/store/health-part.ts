import type { LedgerRow } from './ledger-row.js';
import type { LedgerState } from './ledger-state.js';
import type { StatePart } from './state.dto.js';

export type { StatePart } from './state.dto.js';

export interface KnownLedger {
  readonly isUp: boolean;
  /** The state at the last successful read; `undefined` before the first one. */
  readonly state: LedgerState | undefined;
  /** The age in seconds of the last publication at each destination, at the time of the last read. The map's key is the destination. */
  readonly published: ReadonlyMap<string, number>;
  /** The result row of each room's query. The map's key is the text of the query ({@link LedgerRoom.asks}). */
  readonly roomRows: ReadonlyMap<string, LedgerRow>;
  readonly ageSeconds: number;
}

export type HealthParts = StatePart | readonly StatePart[];

/** Reports the health of one part of the ledger to `/health` and the state page. `doctor` also shows parts that need only the database. */
export interface HealthPart {
  /**
   * The name of the health part. If {@link health} returns several parts, the name of the first part. If the check fails, the error is
   * shown under this name.
   */
  readonly part: string;
  /** Whether {@link health} reads the ledger. If so, it is not called while the ledger does not answer. */
  readonly readsLedger?: true;
  /** Rejects if the check itself fails. The caller then reports an error under {@link part}. */
  health(known: KnownLedger): HealthParts | Promise<HealthParts>;
}

/** The injection token of the ledger's own {@link HealthPart}s, in the order of their display. Parts of optional rooms follow. */
export const HEALTH_PARTS = Symbol('HEALTH_PARTS');

/** The problem of a part while the ledger does not answer. */
export const SILENT = 'The ledger does not answer. Read the logs of the application and of PostgreSQL.';

/** Returns a part with status `error` if `problems` is not empty, otherwise with status `ok` and the message `says`. */
export function partOf(
  name: string,
  problems: readonly (Pick<Error, 'message'> | undefined)[],
  says: string,
  facts: StatePart['facts'] = {},
): StatePart {
  const messages = problems.flatMap((problem) => problem?.message ?? []);
  if (messages.length === 0) return { name, status: 'ok', says, facts };
  return { name, status: 'error', ...splitMessage(messages.join(' ')), facts };
}

export function partOff(name: string, says: string, facts: StatePart['facts'] = {}): StatePart {
  return { name, status: 'off', says, facts };
}

/**
 * Splits a message into its first sentence, and the remaining text, which describes what to do.
 *
 * @param message `Cannot <do>: <what was seen>. <What to do next>.`
 */
export function splitMessage(message: string): Pick<StatePart, 'says' | 'whatToDo'> {
  const [, says = message, whatToDo] = /^(.+?[.!])\s+(\S.*)$/s.exec(message) ?? [];
  return { says, ...(whatToDo === undefined ? {} : { whatToDo }) };
}

/** Returns a number with its noun: `No event waits`, `3 events wait`. */
export function countOf(number: number, one: string, other: string): string {
  return `${number === 0 ? 'No' : number} ${number === 1 || number === 0 ? one : other}`;
}
