/** Whether something needs attention; `off`: it is not in use. */
export type PartStatus = 'ok' | 'warning' | 'error' | 'off';

/** One part of the state. */
export interface StatePart {
  readonly name: string;
  readonly status: PartStatus;
  /** One sentence. */
  readonly says: string;
  /** Absent where nothing is to be done. */
  readonly whatToDo?: string;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** How the ledger is, part by part. */
export interface StateReport {
  /** The worst of the parts. */
  readonly status: Exclude<PartStatus, 'off'>;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly parts: readonly StatePart[];
}

const RANKS = ['off', 'ok', 'warning', 'error'] as const;

/** A report of parts, at this moment. */
export function reportOf(parts: readonly StatePart[], now: Date): StateReport {
  const worst = Math.max(1, ...parts.map(({ status }) => RANKS.indexOf(status)));
  return { status: worst === 3 ? 'error' : worst === 2 ? 'warning' : 'ok', at: now.toISOString(), parts };
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
