/** Time limits for the ledger's server, in milliseconds, shortest first. So the error of the most specific limit is reported. */
export interface SessionLimits {
  /** The limit for a lock, enforced by the server. 0: no limit. @defaultValue 0 */
  readonly lockTimeoutMs?: number;
  /** The limit for a statement, enforced by the server. 0: no limit. @defaultValue 0 */
  readonly statementTimeoutMs?: number;
  /** The limit for any response. After this time, the statement fails, because the server seems to hang. @defaultValue no limit */
  readonly queryTimeoutMs?: number;
  /** The limit for connecting. @defaultValue 10 s */
  readonly connectTimeoutMs?: number;
  /** The time without traffic after which the operating system probes the connection. @defaultValue the operating system's setting */
  readonly keepAliveAfterMs?: number;
  /** Ends the connection when aborted, even while the server hangs. */
  readonly signal?: AbortSignal | undefined;
}

export interface PoolLimits extends Required<
  Pick<SessionLimits, 'lockTimeoutMs' | 'statementTimeoutMs' | 'queryTimeoutMs'>
> {
  /** How long an unused connection stays open. @defaultValue 60 s */
  readonly idleTimeoutMs?: number;
}

/** Returns time limits that are slightly shorter than `timeoutMs`. */
export function createPoolLimits(timeoutMs: number): PoolLimits {
  const share = (part: number): number => Math.max(Math.floor(timeoutMs * part), 1);
  return { lockTimeoutMs: share(0.8), statementTimeoutMs: share(0.86), queryTimeoutMs: share(0.92) };
}

/** Limits for a leader. If a statement takes 30 s, the server probably hangs. */
export const LEADER_LIMITS: SessionLimits = {
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 30_000,
  queryTimeoutMs: 32_000,
  keepAliveAfterMs: 2_000,
};

/** Limits for retention: none, because work on a month may take long. */
export const RETENTION_LIMITS: SessionLimits = { statementTimeoutMs: 0, lockTimeoutMs: 0 };

/** Limits for an erasure, which works in pages. The limit for locks is short, because writers wait while the erasure waits for a lock. */
export const ERASURE_LIMITS: SessionLimits = {
  statementTimeoutMs: 60_000,
  lockTimeoutMs: 10_000,
  queryTimeoutMs: 70_000,
};

/** Limits for finding a ledger before a command connects. */
export const PROBE_LIMITS: SessionLimits = { connectTimeoutMs: 10_000, queryTimeoutMs: 10_000 };
