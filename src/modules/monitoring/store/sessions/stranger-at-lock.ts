import { LockHeldError } from '../../errors/ledger-attention.error.js';
import type { LockHolder } from './ledger-session.js';
import { toldBy, type StatePart } from '../health-part.js';

/** How long another process may hold a leader's lock before this is reported as a problem. */
const LONG_MS = 60_000;

/**
 * Follows who holds a leader's lock, since any login can take it. It logs once if the holder is not an instance of the application, once if
 * this lasts, and once when it is over.
 */
export class StrangerAtLock {
  private seen: { readonly holder: LockHolder; readonly since: number; isToldOf: boolean } | undefined;

  /**
   * @param waits the work that waits meanwhile, a clause: `stored events wait for their places`
   * @param tell gets a line for the log
   */
  constructor(
    private readonly waits: string,
    private readonly tell: (level: 'log' | 'warn' | 'error', line: string) => void,
  ) {}

  /** @param holder the present holder; `undefined` for this instance, or nobody */
  note(holder: LockHolder | undefined): void {
    if (!holder || holder.isOfSameRole) {
      if (this.seen) this.tell('log', `No stranger holds the lock any more for which ${this.waits}.`);
      this.seen = undefined;
      return;
    }
    const { seen } = this;
    const isAnother = seen?.holder.pid !== holder.pid;
    this.seen = { holder, since: seen?.since ?? Date.now(), isToldOf: seen?.isToldOf ?? false };
    if (isAnother) this.tell('warn', this.sentence(this.seen));
    if (this.seen.isToldOf || !this.problem) return;
    this.seen.isToldOf = true;
    this.tell('error', this.problem.message);
  }

  /** The holder, as a sentence; `undefined` if no stranger holds the lock. */
  get says(): string | undefined {
    return this.seen && this.sentence(this.seen);
  }

  /** Set once strangers hold the lock for longer than a minute. */
  get problem(): LockHeldError | undefined {
    const { seen } = this;
    return seen && Date.now() - seen.since > LONG_MS ? LockHeldError.by(this.sentence(seen)) : undefined;
  }

  /** Adds the holder to the health's part about the lock. After a minute, this is a problem by itself. */
  addTo(part: StatePart): StatePart {
    const { says: lockHeldBy, problem } = this;
    if (lockHeldBy === undefined) return part;
    const told = { ...part, facts: { ...part.facts, lockHeldBy } };
    if (part.status === 'error') return { ...told, says: `${part.says} ${lockHeldBy}` };
    return problem ? { ...told, status: 'error', ...toldBy(problem.message) } : told;
  }

  private sentence({ holder, since }: { readonly holder: LockHolder; readonly since: number }): string {
    return `${describeHolder(holder)} holds the lock for which ${this.waits}, since ${new Date(since).toISOString()} or before.`;
  }
}

/** The session that holds a lock, as a noun. */
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
