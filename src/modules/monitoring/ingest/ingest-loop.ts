import { errorMessage } from '../../../audit/plain.js';
import { explainUnlessOwn } from '../store/explain-ledger-error.js';
import { AUDITOR, INGESTER } from '../store/ledger-roles.js';
import { LedgerSession } from '../store/ledger-session.js';
import { LEADER_LIMITS } from '../store/session-limits.js';
import { StrangerAtLock } from '../store/stranger-at-lock.js';
import { EnvelopeDrain } from './envelope-drain.js';
import { IngestBlockedError, IngestUnavailableError } from './ingest.error.js';
import type { ResolvedIngest } from './ingest-options.js';
import { noteProblem, takeOver } from './ingest-store.js';
import { openStream, subjectOf } from './ingest-stream.js';

/** What a worker is doing. */
export type IngestRole = 'disconnected' | 'standby' | 'storing';

/** What a worker works with. */
export interface IngestWork {
  readonly ingest: ResolvedIngest;
  readonly origin: string;
  /** Of the login that seals. */
  readonly sequencerUrl: string;
  /** A line for the log. */
  readonly tell: (level: 'log' | 'warn' | 'error', line: string) => void;
}

const STANDBY_MS = 2_000;
const AFTER_FAILURE_MS = 500;

/**
 * Stores what JetStream has, as one of all workers: the one that has the lock. A worker that lost it without notice is told by its epoch, in
 * the transaction that would store.
 *
 * ```
 *   disconnected ──connects──▶ standby ──gets the lock, and a new epoch──▶ storing
 *        ▲                                                                  │
 *        └──────────── PostgreSQL or JetStream fails, or another took over ─┘
 * ```
 */
export class IngestLoop {
  private role: IngestRole = 'disconnected';
  private stored = 0;
  private lastLine: string | undefined;
  private readonly ending = new AbortController();
  private wakeUp: () => void = () => undefined;
  private work: Promise<void> = Promise.resolve();
  readonly subject: string;
  private readonly stranger: StrangerAtLock;

  constructor(private readonly plan: IngestWork) {
    this.subject = subjectOf(plan.ingest, plan.origin);
    this.stranger = new StrangerAtLock('accepted events wait for the ledger', plan.tell);
  }

  /** What it does, and how many events it stored since the start. */
  get status(): { readonly role: IngestRole; readonly stored: number } {
    return { role: this.role, stored: this.stored };
  }

  start(): void {
    this.work = this.loop();
  }

  /** Ends after the transaction under way. */
  async stop(): Promise<void> {
    this.ending.abort();
    this.wakeUp();
    await this.work;
  }

  private async loop(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      let session: LedgerSession | undefined;
      try {
        session = await LedgerSession.open(this.plan.sequencerUrl, INGESTER, LEADER_LIMITS);
        await this.lead(session);
      } catch (error) {
        this.report(error);
      }
      this.role = 'disconnected';
      await session?.close();
      await this.pause(AFTER_FAILURE_MS);
    }
  }

  private async lead(session: LedgerSession): Promise<void> {
    const { ingest, origin, sequencerUrl, tell } = this.plan;
    if (!(await this.getLock(session))) return;
    const reader = await LedgerSession.open(sequencerUrl, AUDITOR, LEADER_LIMITS);
    try {
      const nats = await IngestUnavailableError.during(openStream(ingest, this.subject));
      try {
        const place = await takeOver(session, this.subject);
        this.role = 'storing';
        tell('log', `Storing what JetStream has on ${this.subject}, from ${place.sequence + 1} on.`);
        const drain = new EnvelopeDrain(
          {
            ...{ stream: ingest.stream, origin, session, reader, nats },
            onStored: (_, events) => {
              this.stored += events;
              this.lastLine = undefined;
            },
            warn: (line) => tell('error', line),
          },
          place,
        );
        await drain.run(this.ending.signal).catch(async (error: unknown) => {
          if (error instanceof IngestBlockedError) await noteProblem(session, drain.place, error.message);
          throw error;
        });
      } finally {
        await nats.connection.close();
      }
    } finally {
      await reader.close();
    }
  }

  /** Resolves with false when it is stopped. */
  private async getLock(session: LedgerSession): Promise<boolean> {
    while (!this.ending.signal.aborted) {
      const isLocked = await session.tryToLock();
      this.stranger.note(isLocked ? undefined : await session.lockHolder());
      if (isLocked) return true;
      this.role = 'standby';
      await this.pause(STANDBY_MS);
    }
    return false;
  }

  private async pause(timeMs: number): Promise<void> {
    if (this.ending.signal.aborted) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wakeUp = resolve;
      timer = setTimeout(resolve, timeMs);
    });
    clearTimeout(timer);
  }

  private report(error: unknown): void {
    if (this.ending.signal.aborted) return;
    const line =
      error instanceof IngestBlockedError
        ? error.message
        : `Cannot store what JetStream has: ${errorMessage(explainUnlessOwn(error))} The events wait there. Tried again.`;
    if (line !== this.lastLine) this.plan.tell(error instanceof IngestBlockedError ? 'error' : 'warn', line);
    this.lastLine = line;
  }
}
