import { getErrorMessage, hasCode } from '../../audit/nest-free.js';
import { hideSecrets } from '../../monitoring/errors/hide-secrets.js';
import { appendOwnEvent } from '../../monitoring/inbox/append-own-event.js';
import type { SealSource, StoreLines } from '../../monitoring/sealer/seal-source.js';
import type { StoredEvent } from '../../monitoring/store/seal-row.js';
import { toAuditError } from '../../monitoring/store/sessions/classify-ledger-error.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { TIMING } from '../../monitoring/store/timing.js';
import { EnvelopeFeed, type FedMessage, type FeedPlan } from './envelope-feed.js';
import type { ResolvedIngest } from './ingest-options.js';
import { insertCursor, updateCursor } from './ingest-store.js';

/** A seal has about so many events of JetStream at most, so that events of the inbox are not delayed. */
const MAX_EVENTS = 2_000;

export interface EnvelopeSourcePlan extends FeedPlan {
  readonly login: Pick<ResolvedIngest, 'password' | 'token'>;
  readonly log: (level: 'log' | 'warn' | 'error', line: string) => void;
}

/** Seals the messages of JetStream while this instance leads. The cursor moves in the transaction that seals the events. */
export class EnvelopeSource implements SealSource {
  readonly name = 'JetStreamModule';
  private feed: EnvelopeFeed | undefined;
  private session: LedgerSession | undefined;
  private ending: Promise<void> | undefined;
  private isStopped = false;
  private taken = 0;
  private dueAtMs: number | undefined;
  private problem: string | undefined;
  private lastWarning: string | undefined;

  constructor(private readonly plan: EnvelopeSourcePlan) {}

  get pollDelayMs(): number | undefined {
    return this.dueAtMs === undefined ? undefined : Math.max(this.dueAtMs - performance.now(), 0);
  }

  async isWaiting(session: LedgerSession): Promise<boolean> {
    this.dueAtMs = undefined;
    if (this.isStopped) return false;
    if (this.session !== session) this.onStop();
    this.feed ??= await this.begin(session);
    if (this.feed.waiting.length > 0) return true;
    if (this.feed.failure) throw this.feed.failure;
    return false;
  }

  private async begin(session: LedgerSession): Promise<EnvelopeFeed> {
    const { subject, log } = this.plan;
    const cursor = await insertCursor(session, subject, this.problem);
    if (this.session !== session)
      log('log', `Storing the messages of JetStream on ${subject}, from sequence number ${cursor.sequence + 1}.`);
    this.session = session;
    const feed = new EnvelopeFeed(this.plan, cursor);
    feed.start();
    return feed;
  }

  async store(session: LedgerSession, storeLines: StoreLines): Promise<readonly StoredEvent[]> {
    const { feed, plan } = this;
    const [first] = feed?.waiting ?? [];
    if (!feed || !first) return [];
    const group = 'content' in first ? listEnvelopes(feed.waiting) : [];
    this.taken = Math.max(group.length, 1);
    await updateCursor(session, plan.subject, feed.cursor, group.at(-1) ?? first);
    if ('content' in first) return storeLines(group.map(({ storedAt, content: { row } }) => ({ ...row, storedAt })));
    const { type, reason, details } = first;
    const critical = { category: 'system', severity: 'critical', actor: { type: 'system' } } as const;
    await appendOwnEvent(session, type, { ...critical, details, ...(reason !== undefined && { reason }) });
    return [];
  }

  onSealed(): void {
    this.feed?.onStored(this.taken);
    this.problem = undefined;
    this.lastWarning = undefined;
  }

  /** The next feed begins at the stored cursor. */
  onFailure(error: unknown): void {
    this.endFeed();
    this.dueAtMs = performance.now() + TIMING.reconnectMs;
    if (hasCode(error, 'AUDIT_INGEST_BLOCKED')) this.problem = error.message;
    this.warn(error);
  }

  onStop(): void {
    this.endFeed();
    this.session = undefined;
  }

  /** Ends the feed for good. Resolves when it no longer uses the connection. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.onStop();
    await this.ending;
  }

  private endFeed(): void {
    if (this.feed) this.ending = this.feed.end();
    this.feed = undefined;
  }

  private warn(error: unknown): void {
    const { login, log } = this.plan;
    const reason = hideSecrets(getErrorMessage(toAuditError(error)), login.password, login.token);
    if (reason === this.lastWarning) return;
    this.lastWarning = reason;
    if (hasCode(error, 'AUDIT_INGEST_BLOCKED')) log('error', reason);
    else
      log(
        'warn',
        `Cannot seal the messages of JetStream: ${reason} The events wait in JetStream, and the leader retries.`,
      );
  }
}

type FedEnvelope = Extract<FedMessage, { readonly content: unknown }>;

/** The oldest envelopes, up to a number of events, but at least one. */
function listEnvelopes(waiting: readonly FedMessage[]): readonly FedEnvelope[] {
  const group: FedEnvelope[] = [];
  let events = 0;
  for (const each of waiting) {
    if (!('content' in each) || events >= MAX_EVENTS) break;
    group.push(each);
    events += each.content.events;
  }
  return group;
}
