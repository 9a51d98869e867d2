import { clearTimeout, setTimeout } from './timers.js';
/** Settles like `work`, or after `timeMs` milliseconds with the result or the error of `tooLate`. Ignores a later result of `work`. */
export async function withTimeout<Result, Late>(
  timeMs: number,
  work: Promise<Result>,
  tooLate: () => Late,
): Promise<Result | Late> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeMs)));
  return Promise.race([work, late.then(tooLate)]).finally(() => clearTimeout(timer));
}

/** Throws an error about a provider that has not responded within `timeMs` milliseconds. */
export function throwTimeout(timeMs: number): never {
  throw new Error(`no answer within ${timeMs} ms`);
}
