import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditAggregator, errorMessage, PersonalNames, type PreparedEvent } from '../../../audit/index.js';
import { withOwnEvents } from '../access/own-events.js';
import { appendEvent } from './append-own-event.js';
import { KEEPER } from './ledger-roles.js';
import { LedgerSession } from './sessions/ledger-session.js';
import { limitsWithin } from './sessions/session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from './store-options.js';
import { beginChange, SIGN_EVENT, type ChangeRecorder, type RecordEvent, type SignEvent } from './change-recorder.js';

const TIMEOUT_MS = 20_000;
/** The maximum number of connections, however many requests come at once. */
const MOST_AT_ONCE = 4;
/** Runs changes of readers, together with their events, as one transaction of the ledger; the other providers get the events after it. */
@Injectable()
export class RecordedChanges implements ChangeRecorder {
  private readonly logger = new Logger('AuditLedger');
  private readonly turns = new Turns(MOST_AT_ONCE);

  constructor(
    @Inject(STORE_OPTIONS) private readonly options: Pick<StoreOptions, 'sequencerUrl'>,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
    @Inject(SIGN_EVENT) private readonly sign: SignEvent,
  ) {}

  /**
   * Runs `work`; it is committed with its events when this resolves. One process at a time runs work with the same `key`; it runs a few
   * keys at once.
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
    const inSession = (session: LedgerSession): Promise<Result> =>
      session.inTransaction(async () => {
        await beginChange(session, key, settings);
        return work(session, async (action, input) => {
          const next = this.aggregator.prepare(action, input);
          const event = this.sign(next.event);
          await appendEvent(session, event, (type) => withOwnEvents(type, this.personalNames.rulesFor(type)));
          prepared.push({ event, deliver: () => next.deliver(event) });
          return event;
        });
      });
    const result = await this.turns.take(key, () =>
      LedgerSession.use(this.options.sequencerUrl, KEEPER, limitsWithin(TIMEOUT_MS), inSession),
    );
    for (const each of prepared) {
      // The change and its event are in the ledger: an error would make the caller repeat it.
      await each.deliver().catch((error: unknown) => this.logger.error(errorMessage(error)));
    }
    return result;
  }
}

/** Runs work of the same key one after the other, and limits how much runs at once. */
class Turns {
  private readonly lastOf = new Map<string, Promise<unknown>>();
  private readonly waiting: (() => void)[] = [];

  /** @param free how many may run at once */
  constructor(private free: number) {}

  /** Runs `work` in its turn, and resolves or rejects as it does. */
  async take<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.lastOf.get(key) ?? Promise.resolve();
    const done = before.then(() => this.whenFree(work));
    const end = done.catch(() => undefined); // the next work runs anyway
    this.lastOf.set(key, end);
    try {
      return await done;
    } finally {
      if (this.lastOf.get(key) === end) this.lastOf.delete(key);
    }
  }

  private async whenFree<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}
