/** How long the ledger's server gets, in milliseconds. Each ends before the next, so that the most telling error is seen. */
export interface SessionLimits {
  /** For a lock; the server says which. 0: as long as it takes. @defaultValue 0 */
  readonly lockTimeoutMs?: number;
  /** For a statement; the server ends it. 0: as long as it takes. @defaultValue 0 */
  readonly statementTimeoutMs?: number;
  /** For any answer; then the statement fails, for its server hangs. @defaultValue as long as it takes */
  readonly answerTimeoutMs?: number;
  /** For connecting. @defaultValue 10 s */
  readonly connectTimeoutMs?: number;
  /** After how long without traffic the connection is probed. @defaultValue as the system does */
  readonly keepAliveAfterMs?: number;
  /** Ends the connection when aborted, also while its server hangs. */
  readonly signal?: AbortSignal | undefined;
}

/** The limits of a pool. */
export interface PoolLimits extends Required<
  Pick<SessionLimits, 'lockTimeoutMs' | 'statementTimeoutMs' | 'answerTimeoutMs'>
> {
  /** For how long a connection stays that nobody uses. @defaultValue 60 s */
  readonly idleTimeoutMs?: number;
}

/** Limits that all end a little before `timeoutMs`. */
export function limitsWithin(timeoutMs: number): PoolLimits {
  const share = (part: number): number => Math.max(Math.floor(timeoutMs * part), 1);
  return { lockTimeoutMs: share(0.8), statementTimeoutMs: share(0.86), answerTimeoutMs: share(0.92) };
}

/** Of the leader: a statement takes less than 30 s, or the server hangs. */
export const LEADER_LIMITS: SessionLimits = {
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 30_000,
  answerTimeoutMs: 32_000,
  keepAliveAfterMs: 2_000,
};

/** Of retention: a month takes the time that it takes. */
export const RETENTION_LIMITS: SessionLimits = { statementTimeoutMs: 0, lockTimeoutMs: 0 };

/** Of an erasure, in pages; so that no writer waits long behind it, should it ever wait for a lock itself. */
export const ERASURE_LIMITS: SessionLimits = {
  statementTimeoutMs: 60_000,
  lockTimeoutMs: 10_000,
  answerTimeoutMs: 70_000,
};

/** To look for a ledger before a command connects. */
export const LOOK_LIMITS: SessionLimits = { connectTimeoutMs: 10_000, answerTimeoutMs: 10_000 };
