import type { StatePart } from './state.dto.js';

export type { StatePart } from './state.dto.js';

/** What a check found. The default of `name` is the name of the check, and `facts` are empty by default. */
export type Verdict = Omit<StatePart, 'name' | 'facts'> & Partial<Pick<StatePart, 'name' | 'facts'>>;

/**
 * A check of the set-up or of the running ledger. `doctor`, `/health`, the log of the start and `verify` each run the checks whose needs they
 * have, and show the verdicts.
 */
export interface Check<Given> {
  /** The name of the verdict. If there are several verdicts, the name of the first one. */
  readonly name: string;
  readonly needs: readonly (keyof Given & string)[];
  /** Rejects if the check itself fails. */
  run(input: Given): Verdict | readonly Verdict[] | Promise<Verdict | readonly Verdict[]>;
}

/** Returns a function that makes checks. The function `run` of a check gets what the check needs. */
export function defineChecks<Given>() {
  return <Need extends keyof Given & string>(
    name: string,
    needs: readonly Need[],
    run: (input: Pick<Given, Need>) => Verdict | readonly Verdict[] | Promise<Verdict | readonly Verdict[]>,
  ): Check<Given> => ({ name, needs, run });
}

/** Returns whether `input` has everything that a check needs. */
export function canRun<Given>({ needs }: Check<Given>, input: Partial<Given>): input is Given {
  return needs.every((need) => input[need] !== undefined);
}

/** Runs a check. Rejects with the error of the check. */
export async function runCheck<Given>(check: Check<Given>, input: Given): Promise<readonly StatePart[]> {
  const { name } = check;
  return [await check.run(input)].flat().map((verdict) => ({ name, facts: {}, ...verdict }));
}

/** Runs the checks whose needs are given, one after the other. Rejects with the first error of a check. */
export async function runChecks<Given>(
  checks: readonly Check<Given>[],
  input: Partial<Given>,
): Promise<readonly StatePart[]> {
  const parts: StatePart[] = [];
  for (const check of checks) if (canRun(check, input)) parts.push(...(await runCheck(check, input)));
  return parts;
}

/** The problem of a check that needs the ledger while the ledger does not answer. */
export const NO_ANSWER_ADVICE = 'The ledger does not answer. Read the logs of the application and of PostgreSQL.';

/** What a process with the role `web` says of the work of others. */
export const WORKER_ADVICE = 'An instance with the role worker or both does this.';

/** The verdict about an application whose spill is switched off. */
export const NO_SPILL_VERDICT = {
  message: 'The application has no spill: while the database cannot be reached, events are lost.',
  remedy: 'Set the option spillDir of AuditModule (AUDIT_SPILL_DIR) to a folder on a local disk with free space.',
};

/** Makes the verdict of a check that found no problem. */
export function ok(message: string, facts: StatePart['facts'] = {}): Verdict {
  return { status: 'ok', message, facts };
}

/** Makes the verdict of a check that found a valid setting with a safer alternative. */
export function warn(message: string, remedy: string): Verdict {
  return { status: 'warning', message, remedy };
}

/** Makes the verdict of a check that found a setting with which events can be lost or changed. */
export function fail(message: string, remedy: string): Verdict {
  return { status: 'error', message, remedy };
}

/** Makes the verdict `error` if `problems` is not empty, otherwise the verdict `ok` with `message`. */
export function assess(
  problems: readonly (Pick<Error, 'message'> | undefined)[],
  message: string,
  facts: StatePart['facts'] = {},
): Verdict {
  const messages = problems.flatMap((problem) => problem?.message ?? []);
  if (messages.length === 0) return { status: 'ok', message, facts };
  return { status: 'error', ...splitMessage(messages.join(' ')), facts };
}

/** Makes the verdict of a part that is not in use. With `remedy`, `doctor` shows it as a warning. */
export function off(message: string, facts: StatePart['facts'] = {}, remedy?: string): Verdict {
  return { status: 'off', message, facts, ...(remedy === undefined ? {} : { remedy }) };
}

/**
 * Splits a message into its first sentence, and the remaining text, which describes what to do.
 *
 * @param message `Cannot <do>: <what was seen>. <What to do next>.`
 */
export function splitMessage(message: string): Pick<StatePart, 'message' | 'remedy'> {
  const [, first = message, remedy] = /^(.+?[.!])\s+(\S.*)$/s.exec(message) ?? [];
  return { message: first, ...(remedy === undefined ? {} : { remedy }) };
}

/** Returns a number with its noun: `No event waits`, `3 events wait`. */
export function formatCount(number: number, one: string, other: string): string {
  return `${number === 0 ? 'No' : number} ${number === 1 || number === 0 ? one : other}`;
}
