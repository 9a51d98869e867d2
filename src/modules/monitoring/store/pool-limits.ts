/** How long the ledger's server gets, in milliseconds. Each ends before the next, so that the most telling error is seen. */
export interface PoolLimits {
  /** For a lock; the server says which. */
  readonly lockTimeoutMs: number;
  /** For a statement; the server ends it. */
  readonly statementTimeoutMs: number;
  /** For connecting, and for any answer at all; then the connection is dropped, for its server hangs. */
  readonly answerTimeoutMs: number;
}

/** Limits that all end a little before `timeoutMs`. */
export function limitsWithin(timeoutMs: number): PoolLimits {
  const share = (part: number): number => Math.max(Math.floor(timeoutMs * part), 1);
  return { lockTimeoutMs: share(0.8), statementTimeoutMs: share(0.86), answerTimeoutMs: share(0.92) };
}
