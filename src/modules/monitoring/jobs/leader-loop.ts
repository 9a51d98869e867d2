import type { LedgerRole } from '../store/ledger-roles.js';
import { LedgerSession } from '../store/sessions/ledger-session.js';
import { Periodic } from './periodic.js';
import { LEADER_LIMITS } from '../store/sessions/session-limits.js';
import { StrangerAtLock } from '../store/sessions/stranger-at-lock.js';
import { TIMING } from '../store/timing.js';

/** Work that only one of all instances does at a time. */
export interface LeaderWork {
  /** The role of the session; its lock determines who leads. */
  readonly role: LedgerRole;
  /** The consequence while another process has the lock, as a clause: `stored events wait for their places`. */
  readonly waits: string;
  /**
   * Takes a step as the leader, in this session. Resolves with how long to wait for the next one, in milliseconds, or with `undefined` to
   * give up the lead. A rejection also gives it up, unless {@link staysLeader} returns true.
   *
   * @param isFirst whether this instance did not lead before
   * @param signal aborted when the instance ends
   */
  readonly lead: (session: LedgerSession, isFirst: boolean, signal: AbortSignal) => Promise<number | undefined>;
  /** Ends the work of the leader, before another instance can lead. Must not reject. */
  readonly onEnd?: () => Promise<void> | void;
  /** Whether this instance keeps the lock after this error, so that no other one tries. */
  readonly staysLeader?: (error: unknown) => boolean;
  /** Gets the error of a step, unless the step before failed with the same message. */
  readonly onFailure: (error: unknown) => void;
  /** Gets a line for the log. */
  readonly tell: (level: 'log' | 'warn' | 'error', line: string) => void;
}

/** The state of an instance for the work of one leader. `refusing`: it leads, but its last step failed with an error that keeps the lock. */
export type LeaderRole = 'disconnected' | 'standby' | 'leading' | 'refusing';

/**
 * Does work on one of the application's instances: the one that has the lock.
 *
 * ```
 *   disconnected ──connects──▶ standby ──gets the lock──▶ leading
 *        ▲                                                   │
 *        └─────────── connection lost, or an error ──────────┘
 * ```
 */
export class LeaderLoop extends Periodic {
  /** A process that holds the lock although it is not an instance. */
  readonly stranger: StrangerAtLock;
  private readonly ending = new AbortController();
  private session: LedgerSession | undefined;
  private current: LeaderRole = 'disconnected';
  private error: unknown;

  constructor(
    private readonly connectionUrl: string,
    private readonly duty: LeaderWork,
  ) {
    super({ step: () => this.take(), everyMs: TIMING.reconnectMs, onFailure: duty.onFailure });
    this.stranger = new StrangerAtLock(duty.waits, duty.tell);
  }

  get role(): LeaderRole {
    return this.current;
  }

  /** The error of the last step; `undefined` if it succeeded. */
  get lastError(): unknown {
    return this.error;
  }

  /** Ends after the current step. Keeps the lock until {@link close}. */
  override async stop(): Promise<void> {
    this.ending.abort();
    await super.stop();
  }

  /** Lets another instance lead. Do not call it during a step. */
  async close(): Promise<void> {
    await this.duty.onEnd?.();
    await this.session?.close();
    this.session = undefined;
    this.current = 'disconnected';
  }

  /**
   * Takes one step, also after {@link stop}. Resolves with how long to wait for the next, in milliseconds. Rejects with the step's error.
   * Call it once at a time.
   */
  protected async take(): Promise<number> {
    try {
      const pauseMs = await this.advance();
      this.error = undefined;
      return pauseMs;
    } catch (error) {
      this.error = error;
      if (this.leads && this.session?.isLost === false && this.duty.staysLeader?.(error)) this.current = 'refusing';
      else await this.close();
      throw error;
    }
  }

  private get leads(): boolean {
    return this.current === 'leading' || this.current === 'refusing';
  }

  private async advance(): Promise<number> {
    const { signal } = this.ending;
    if (this.session?.isLost) await this.close();
    this.session ??= await LedgerSession.open(this.connectionUrl, this.duty.role, LEADER_LIMITS);
    const isFirst = !this.leads;
    if (isFirst) {
      const isLocked = await this.session.tryToLock();
      this.stranger.note(isLocked ? undefined : await this.session.lockHolder());
      this.current = isLocked ? 'leading' : 'standby';
      if (!isLocked) return TIMING.standbyMs;
    }
    const pauseMs = await this.duty.lead(this.session, isFirst, signal);
    this.current = 'leading';
    if (pauseMs === undefined) await this.close();
    return pauseMs ?? TIMING.reconnectMs;
  }
}
