import type { LockHolder } from './ledger-session.js';
import { splitMessage, type Verdict } from '../check.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';
import type { AuditError } from '../../../base/errors/audit.error.js';

const REPORT_AFTER_MS = 60_000;

/**
 * Watches the holder of a leader's lock, because any login can take the lock. A stranger is a holder that is not an instance of the
 * application. Logs when a stranger appears, holds the lock for long, and releases the lock.
 */
export class ForeignLockHolder {
  private seen: { readonly holder: LockHolder; readonly since: number; isReported: boolean } | undefined;

  /**
   * @param waits what waits while a stranger holds the lock, as a clause: `stored events wait to be sealed`
   * @param notify writes a line to the log
   */
  constructor(
    private readonly waits: string,
    private readonly notify: (level: 'log' | 'warn' | 'error', line: string) => void,
  ) {}

  /** @param holder the present holder; `undefined` if this instance or nobody holds the lock */
  note(holder: LockHolder | undefined): void {
    if (!holder || holder.isOfSameRole) {
      if (this.seen)
        this.notify('log', `A foreign session has released its lock. The effect of the lock was: ${this.waits}.`);
      this.seen = undefined;
      return;
    }
    const { seen } = this;
    const isAnother = seen?.holder.pid !== holder.pid;
    this.seen = { holder, since: seen?.since ?? Date.now(), isReported: seen?.isReported ?? false };
    if (isAnother) this.notify('warn', this.formatMessage(this.seen));
    if (this.seen.isReported || !this.problem) return;
    this.seen.isReported = true;
    this.notify('error', this.problem.message);
  }

  /** Describes the stranger as a sentence; `undefined` without a stranger. */
  get describe(): string | undefined {
    return this.seen && this.formatMessage(this.seen);
  }

  /** The error for the health report; `undefined` until a stranger has held the lock for a minute. */
  get problem(): AuditError | undefined {
    const { seen } = this;
    return seen && Date.now() - seen.since > REPORT_AFTER_MS
      ? ledgerErrors.AUDIT_LOCK_HELD.by(this.formatMessage(seen))
      : undefined;
  }

  /** Adds the stranger to the verdict about the work under the lock. After a minute, the status is `error`. */
  addTo(verdict: Verdict): Verdict {
    const { describe: lockHeldBy, problem } = this;
    if (lockHeldBy === undefined) return verdict;
    const withHolder = { ...verdict, facts: { ...verdict.facts, lockHeldBy } };
    if (verdict.status === 'error') return { ...withHolder, message: `${verdict.message} ${lockHeldBy}` };
    return problem ? { ...withHolder, status: 'error', ...splitMessage(problem.message) } : withHolder;
  }

  private formatMessage({ holder, since }: { readonly holder: LockHolder; readonly since: number }): string {
    return `${describeHolder(holder)} has held a lock since ${new Date(since).toISOString()} or earlier: ${this.waits}.`;
  }
}

/** Describes the session that holds a lock, as a noun. */
export function describeHolder({ login, pid, application, address, connectedAt }: LockHolder): string {
  if (pid === null) return 'A prepared transaction (see pg_prepared_xacts)';
  const details = [
    `pid ${pid}`,
    `application ${JSON.stringify(application)}`,
    ...(address === null ? [] : [`address ${address}`]),
    ...(connectedAt === null ? [] : [`connected at ${connectedAt.toISOString()}`]),
  ];
  return `The login ${login} (${details.join(', ')})`;
}
