import { errorMessage } from '../../audit/plain.js';
import { hideSecrets } from '../../monitoring/errors/hide-secrets.js';
import { explainUnlessOwn } from '../../monitoring/store/sessions/classify-ledger-error.js';
import { INGESTER } from '../../monitoring/store/ledger-roles.js';
import { LeaderLoop } from '../../monitoring/operate/jobs/leader-loop.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import type { StrangerAtLock } from '../../monitoring/store/sessions/stranger-at-lock.js';
import { EnvelopeDrain } from './envelope-drain.js';
import { IngestBlockedError, IngestUnavailableError } from './ingest.error.js';
import type { ResolvedIngest } from './ingest-options.js';
import { noteProblem, takeOver } from './ingest-store.js';
import { openStream, subjectOf, type IngestStream } from './ingest-stream.js';

export interface IngestWork {
  readonly ingest: ResolvedIngest;
  readonly origin: string;
  /** The connection URL of the sequencer's PostgreSQL login. */
  readonly sequencerUrl: string;
  readonly log: (level: 'log' | 'warn' | 'error', line: string) => void;
}

interface Lead {
  readonly nats?: IngestStream;
  readonly drain?: EnvelopeDrain;
}

/**
 * Stores the messages of JetStream while this worker has the lock of the leader. Each transaction checks the worker's epoch, so a worker
 * that did not notice the loss of the lock stores nothing.
 */
export class IngestLoop {
  /** The number of events that this worker has stored since its start. */
  stored = 0;
  private current: Lead | undefined;
  private readonly loop: LeaderLoop;
  private readonly subject: string;

  constructor(private readonly plan: IngestWork) {
    this.subject = subjectOf(plan.ingest, plan.origin);
    this.loop = new LeaderLoop(plan.sequencerUrl, {
      role: INGESTER,
      waits: 'accepted events wait for the ledger',
      lead: (session, _isFirst, signal) => this.lead(session, signal),
      onEnd: () => this.end(),
      onFailure: (error) => this.report(error),
      tell: plan.log,
    });
  }

  /** The process that has the leader's lock but is not a worker. */
  get stranger(): StrangerAtLock {
    return this.loop.stranger;
  }

  start(): void {
    this.loop.start();
  }

  /** Stops after the current transaction. */
  async stop(): Promise<void> {
    await this.loop.stop();
    await this.loop.close();
  }

  private async lead(session: LedgerSession, signal: AbortSignal): Promise<number> {
    const drain = this.current?.drain ?? (await this.begin(session));
    try {
      await drain.step(signal);
    } catch (error) {
      if (error instanceof IngestBlockedError) await noteProblem(session, drain.cursor, error.message);
      throw error;
    }
    return 0;
  }

  private async begin(session: LedgerSession): Promise<EnvelopeDrain> {
    const { ingest, origin, log } = this.plan;
    const nats = await IngestUnavailableError.during(openStream(ingest, this.subject), ingest);
    this.current = { nats };
    const cursor = await takeOver(session, this.subject);
    log('log', `Storing the messages of JetStream on ${this.subject}, from sequence number ${cursor.sequence + 1}.`);
    const drain = new EnvelopeDrain(
      {
        ...{ stream: ingest.stream, origin, session, nats },
        onStored: (events) => void (this.stored += events),
        warn: (line) => log('error', line),
      },
      cursor,
    );
    this.current = { nats, drain };
    await drain.begin();
    return drain;
  }

  private async end(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    await current?.drain?.end();
    await current?.nats?.connection.close().catch(() => undefined); // the connection is closed already
  }

  private report(error: unknown): void {
    const { log, ingest } = this.plan;
    if (error instanceof IngestBlockedError) log('error', error.message);
    else {
      const reason = hideSecrets(errorMessage(explainUnlessOwn(error)), ingest.password, ingest.token);
      log(
        'warn',
        `Cannot store the messages of JetStream: ${reason} The events wait in JetStream, and the worker retries.`,
      );
    }
  }
}
