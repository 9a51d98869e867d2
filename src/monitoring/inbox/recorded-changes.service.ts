import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { AuditAggregator, PersonalNames } from '../../audit/index.js';
import { errorMessage, type AuditEvent, type AuditInput } from '../../audit/nest-free.js';
import type { PreparedEvent } from '../../audit/internal.js';
import { withOwnEvents } from '../read/access/own-events.js';
import { appendEvent } from './append-own-event.js';
import { KEEPER } from '../store/ledger-roles.js';
import { explainUnlessOwn } from '../store/sessions/classify-ledger-error.js';
import { FairShare } from '../store/sessions/fair-share.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { LedgerSessions } from '../store/sessions/ledger-sessions.js';
import { limitsWithin } from '../store/sessions/session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../store/store-options.js';
import { warnInLog } from '../store/warn-in-log.js';
import { LOCK_CLASSES } from '../store/locks.js';
import { settle, wakeLeader } from '../store/await-sealed.js';
import { TIMING } from '../store/timing.js';

/** Adds a note, signed with the ledger's key, to an event about a change of the ledger's behaviour. */
export type SignEvent = (event: AuditEvent) => Promise<AuditEvent>;

export const SIGN_EVENT = Symbol('SIGN_EVENT');

/** Stores an event in the transaction. The actor of the event is the actor of the current request. */
type RecordEvent = (action: string, input: AuditInput) => Promise<AuditEvent>;

const LOCK = `SELECT pg_advisory_xact_lock(${LOCK_CLASSES.changes}, hashtext($1))`;

const TIMEOUT_MS = 20_000;
const MOST_SESSIONS = 4;
const IDLE_TIMEOUT_MS = 10_000;

/**
 * Runs the changes that readers of the ledger make. A change and its events are stored in one transaction. The providers other than the
 * ledger get the events after the commit.
 */
@Injectable()
export class RecordedChanges implements OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly sessions: LedgerSessions;
  /** Changes with the same key wait here, so only one of them occupies a connection. */
  private readonly turns = new FairShare(1);

  constructor(
    @Inject(STORE_OPTIONS) { sequencerUrl }: Pick<StoreOptions, 'sequencerUrl'>,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
    @Inject(SIGN_EVENT) private readonly sign: SignEvent,
  ) {
    const limits = { ...limitsWithin(TIMEOUT_MS), idleTimeoutMs: IDLE_TIMEOUT_MS };
    this.sessions = new LedgerSessions(sequencerUrl, KEEPER, limits, MOST_SESSIONS, warnInLog);
  }

  /**
   * Runs `work`. The work and its events are committed when the promise resolves. Only one process at a time runs work with the same `key`.
   *
   * @param settings the PostgreSQL settings that row-level security reads in this transaction
   * @throws `AUDIT_LEDGER_UNAVAILABLE`, and `AUDIT_SEALING_LATE` if what was recorded before is not sealed in time
   */
  async within<Result>(
    key: string,
    settings: Readonly<Record<string, string>>,
    work: (session: LedgerSession, record: RecordEvent) => Promise<Result>,
  ): Promise<Result> {
    const prepared: PreparedEvent[] = [];
    const inSession = async (session: LedgerSession): Promise<Result> => {
      await wakeLeader(session); // which a transaction would do only at its end
      return session.inTransaction(async () => {
        await session.rows(LOCK, [key]);
        await settle(session, TIMING.questionMs); // what the previous holder recorded decides what `work` may do
        for (const [name, value] of Object.entries(settings)) {
          await session.rows('SELECT set_config($1, $2, true)', [name, value]);
        }
        return work(session, async (action, input) => {
          const next = this.aggregator.prepare(action, input);
          const event = await this.sign(next.event);
          await appendEvent(session, event, (type) => withOwnEvents(type, this.personalNames.rulesFor(type)));
          prepared.push({ event, deliver: () => next.deliver(event) });
          return event;
        });
      });
    };
    const result = await this.turns
      .run(key, () => this.sessions.use(inSession))
      .catch((error: unknown) => {
        throw explainUnlessOwn(error);
      });
    for (const each of prepared) {
      // The change is already committed, so a failed delivery is only logged. If this method rejected, the caller would repeat the change.
      await each.deliver().catch((error: unknown) => this.logger.error(errorMessage(error)));
    }
    return result;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sessions.end();
  }
}
