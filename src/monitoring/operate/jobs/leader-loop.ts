import type { LedgerRole } from '../../store/ledger-roles.js';
import { LedgerSession } from '../../store/sessions/ledger-session.js';
import { Periodic } from './periodic.js';
import { LEADER_LIMITS } from '../../store/sessions/session-limits.js';
import { ForeignLockHolder } from '../../store/sessions/foreign-lock-holder.js';
import { TIMING } from '../../store/timing.js';

/** Work that must run on only one instance of the application at a time. */
export interface LeaderWork {
  /** The role of the session. The instance that holds this role's lock is the leader. */
  readonly role: LedgerRole;
  /** What waits while another process holds the lock, as a clause: `stored events wait to be sealed`. */
  readonly waits: string;
  /**
   * Runs one step as the leader, in this session. Resolves with the number of milliseconds before the next step, or with `undefined` to
   * release the lock. A rejection also releases the lock, unless {@link staysLeader} returns `true` for the error.
   *
   * @param isFirst whether this is the first step since the instance became the leader
   * @param signal aborted when the instance shuts down
   */
  readonly lead: (session: LedgerSession, isFirst: boolean, signal: AbortSignal) => Promise<number | undefined>;
  /** Ends the work before the lock is released. Must not reject. */
  readonly onEnd?: () => Promise<void> | void;
  /** Whether this instance keeps the lock after this error, so that no other instance tries the same work. */
  readonly staysLeader?: (error: unknown) => boolean;
  /** Receives the error of a step, unless the previous step failed with the same message. */
  readonly onFailure: (error: unknown) => void;
  readonly notify: (level: 'log' | 'warn' | 'error', line: string) => void;
}

/** The state of one instance. With `refusing`, the instance is the leader, but the last step failed, and `staysLeader` returned `true`. */
export type LeaderRole = 'disconnected' | 'standby' | 'leading' | 'refusing';

/**
 * Leader election: runs work on only one of the application's instances, the instance that holds the advisory lock.
 *
 *     disconnected ──connects──▶ standby ──gets the lock──▶ leading
 *           ▲                                                  │
 *           └────────── connection lost, or an error ──────────┘
 */
export class LeaderLoop extends Periodic {
  /** Reports a process that holds the lock, but is not an instance of the application. */
  readonly foreignLockHolder: ForeignLockHolder;
  private readonly ending = new AbortController();
  private session: LedgerSession | undefined;
  private current: LeaderRole = 'disconnected';
  private error: unknown;
  private busyAtMs = performance.now();

  constructor(
    private readonly connectionUrl: string,
    private readonly duty: LeaderWork,
  ) {
    super({ step: () => this.take(), everyMs: TIMING.reconnectMs, onFailure: duty.onFailure });
    this.foreignLockHolder = new ForeignLockHolder(duty.waits, duty.notify);
  }

  get role(): LeaderRole {
    return this.current;
  }

  /** The error of the last step; `undefined` if that step succeeded. */
  get lastError(): unknown {
    return this.error;
  }

  /** Called when this process writes what the leader looks for: the next look follows after `pauseMs` at the latest. */
  expect(pauseMs: number): void {
    this.busyAtMs = performance.now();
    if (this.isLeader) this.runSoon(pauseMs);
  }

  /**
   * Returns the pause before the next look for work: `pauseMs` after work, then as long as no work was found, up to {@link TIMING.idleMs}. So
   * an idle application hardly queries, but notices soon what other processes write.
   */
  pauseAfter(hasWorked: boolean, pauseMs: number): number {
    if (hasWorked) this.busyAtMs = performance.now();
    return Math.max(pauseMs, Math.min(performance.now() - this.busyAtMs, TIMING.idleMs));
  }

  /** Stops after the current step. Keeps the lock until {@link close}. */
  override async stop(): Promise<void> {
    this.ending.abort();
    await super.stop();
  }

  /** Releases the lock, so that another instance can lead. Do not call this method during a step. */
  async close(): Promise<void> {
    await this.duty.onEnd?.();
    await this.session?.close();
    this.session = undefined;
    this.current = 'disconnected';
  }

  /** Runs a step, even after {@link stop}. */
  protected async take(): Promise<number> {
    try {
      const pauseMs = await this.advance();
      this.error = undefined;
      return pauseMs;
    } catch (error) {
      this.error = error;
      if (this.isLeader && this.session?.isLost === false && this.duty.staysLeader?.(error)) this.current = 'refusing';
      else await this.close();
      throw error;
    }
  }

  /** The session of an instance that waits for the lock. */
  protected get standby(): LedgerSession | undefined {
    return this.current === 'standby' ? this.session : undefined;
  }

  private get isLeader(): boolean {
    return this.current === 'leading' || this.current === 'refusing';
  }

  private async advance(): Promise<number> {
    const { signal } = this.ending;
    if (this.session?.isLost) await this.close();
    this.session ??= await LedgerSession.open(this.connectionUrl, this.duty.role, LEADER_LIMITS);
    const isFirst = !this.isLeader;
    if (isFirst) {
      const isLocked = await this.session.tryToLock();
      this.foreignLockHolder.note(isLocked ? undefined : await this.session.lockHolder());
      this.current = isLocked ? 'leading' : 'standby';
      if (!isLocked) return TIMING.standbyMs;
    }
    const pauseMs = await this.duty.lead(this.session, isFirst, signal);
    this.current = 'leading';
    if (pauseMs === undefined) await this.close();
    return pauseMs ?? TIMING.reconnectMs;
  }
}
