import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  AuditAggregator,
  errorMessage,
  PersonalNames,
  type AuditEvent,
  type AuditInput,
  type PreparedEvent,
} from '../../../audit/index.js';
import { withOwnEvents } from '../access/own-events.js';
import { appendEvent } from './append-own-event.js';
import { KEEPER } from './ledger-roles.js';
import { LedgerSession } from './ledger-session.js';
import { limitsWithin } from './session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from './store-options.js';

const TIMEOUT_MS = 20_000;
/** Of this class of advisory locks: one for each text. */
const LOCK = 'SELECT pg_advisory_xact_lock(7361999, hashtext($1))';

/** Stores an event of the request's actor in the transaction. */
export type RecordEvent = (action: string, input: AuditInput) => Promise<AuditEvent>;

/** Does what readers change, with its events, as one transaction of the ledger; the other providers get the events after it. */
@Injectable()
export class RecordedChanges {
  private readonly logger = new Logger('AuditLedger');

  constructor(
    @Inject(STORE_OPTIONS) private readonly options: Pick<StoreOptions, 'sequencerUrl'>,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
  ) {}

  /**
   * Does `work`: committed, its events included, when it resolves. Work with the same `key` is done by one process at a time.
   *
   * @param settings what row-level security reads in this transaction
   * @throws LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
   */
  async within<Result>(
    key: string,
    settings: Readonly<Record<string, string>>,
    work: (session: LedgerSession, record: RecordEvent) => Promise<Result>,
  ): Promise<Result> {
    const prepared: PreparedEvent[] = [];
    const result = await LedgerSession.use(this.options.sequencerUrl, KEEPER, limitsWithin(TIMEOUT_MS), (session) =>
      session.inTransaction(async () => {
        await session.rows(LOCK, [key]);
        for (const [name, value] of Object.entries(settings)) {
          await session.rows('SELECT set_config($1, $2, true)', [name, value]);
        }
        return work(session, async (action, input) => {
          const next = this.aggregator.prepare(action, input);
          await appendEvent(session, next.event, (type) => withOwnEvents(type, this.personalNames.rulesFor(type)));
          prepared.push(next);
          return next.event;
        });
      }),
    );
    for (const each of prepared) {
      // The change and its event are in the ledger: an error would make the caller repeat it.
      await each.deliver().catch((error: unknown) => this.logger.error(errorMessage(error)));
    }
    return result;
  }
}
