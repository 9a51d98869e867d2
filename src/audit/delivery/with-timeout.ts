/**
 * Settles as `work` does, or after `timeMs` milliseconds as `tooLate` says: what that returns is the answer, what it throws the reason. What
 * the work does later is not looked at.
 */
export async function withTimeout<Answer, Late>(
  timeMs: number,
  work: Promise<Answer>,
  tooLate: () => Late,
): Promise<Answer | Late> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeMs)));
  return Promise.race([work, late.then(tooLate)]).finally(() => clearTimeout(timer));
}

/** @throws Error after `timeMs` milliseconds, as a late provider is told of */
export function noAnswer(timeMs: number): never {
  throw new Error(`no answer within ${timeMs} ms`);
}
