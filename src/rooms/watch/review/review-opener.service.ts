import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { AuditEvent } from '../../../audit/nest-free.js';
import { isSignedReply } from '../../../monitoring/keep/acts/replies.js';
import type { StatementSigner } from '../../../monitoring/proof/log/notes/statement.js';
import { CheckpointSigner } from '../../../monitoring/proof/signing/checkpoint-signer.service.js';
import { signedEvent, statementIn } from '../../../monitoring/keep/acts/signed-state.js';
import { verifyCheckpoint } from '../../../monitoring/proof/log/notes/checkpoint.js';
import { encodeBase64 } from '../../../monitoring/proof/log/notes/encoding.js';
import { appendEvent } from '../../../monitoring/inbox/append-own-event.js';
import { timeOfId } from '../../../monitoring/store/id-time.js';
import { MINUTE_MS, Periodic } from '../../../monitoring/operate/jobs/periodic.js';
import { explainUnlessOwn } from '../../../monitoring/store/sessions/classify-ledger-error.js';
import { LedgerClock } from '../../../monitoring/store/ledger-clock.js';
import { PrimaryReader } from '../../../monitoring/store/ledger-reader.service.js';
import type { LedgerSession } from '../../../monitoring/store/sessions/ledger-session.js';
import { TIMING } from '../../../monitoring/store/timing.js';
import { BackgroundPool } from '../../../monitoring/store/sessions/ledger-pools.service.js';
import { ALERT_TYPES, OVERDUE, overdueAlert, WATCH_CONSUMER } from '../alert-event.js';
import { type ResolvedReview, WATCH_OPTIONS, type ResolvedWatch } from '../watch-options.js';
import { readPosition } from '../../../monitoring/consumers/consumer-state.js';
import type { OpenedReview } from './daily-review.dto.js';
import { REVIEW_CATEGORY, REVIEW_TYPES } from '../threads/thread-kinds.js';
import { signedReviews, type SignedReview } from './read-reviews.js';
import { LOCK_CLASSES } from '../../../monitoring/store/locks.js';
import { momentOfWall, offsetAt } from '../../../monitoring/read/query/query-times.js';

const MOST_DAYS = 31;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const LOCK = `SELECT pg_advisory_xact_lock(${LOCK_CLASSES.reviews}, hashtext('audit_event'::regclass::oid::text))`;
const TREE = `
  SELECT note FROM audit_checkpoint WHERE signed_at < to_timestamp($1::float8 / 1000) OR size = $2::bigint ORDER BY size DESC LIMIT 1`;
const ALERTED = `
  SELECT id, details->>'day' AS day, details->>'note' AS note FROM audit_event
   WHERE type = '${ALERT_TYPES.raised}' AND details->>'rule' = '${OVERDUE}' AND details->>'day' = ANY ($1::text[])`;
const SIGNED = `
  SELECT id, type, details, details->>'day' AS day FROM audit_event
   WHERE type = '${REVIEW_TYPES.signedOff}' AND resource_type = 'audit_day' AND details->>'day' = ANY ($1::text[]) AND tenant_id IS NULL`;

/**
 * Opens the review of each day after the end of that day, and raises an alert for a day that nobody signs off. All instances check every ten minutes,
 * one at a time. Only signed events count as opened reviews.
 */
@Injectable()
export class ReviewOpener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly periodic = new Periodic({
    step: () => this.step(),
    everyMs: MINUTE_MS,
    onFailure: (error) =>
      this.logger.warn(`Cannot open reviews: ${explainUnlessOwn(error).message} The next attempt is in a minute.`),
  });

  constructor(
    @Inject(WATCH_OPTIONS) private readonly options: ResolvedWatch,
    @Inject(BackgroundPool) private readonly sessions: BackgroundPool,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(LedgerClock) private readonly clock: LedgerClock,
    @Inject(CheckpointSigner) private readonly signer: StatementSigner,
  ) {}

  /** Starts without waiting. */
  onApplicationBootstrap(): void {
    if (this.options.review) this.periodic.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.periodic.stop();
  }

  /** Opens due reviews, and raises due alerts. Never rejects. */
  async run(): Promise<void> {
    await this.periodic.run();
  }

  private async step(): Promise<number> {
    const { review } = this.options;
    if (!review) return TIMING.dailyLookMs;
    await this.sessions.use((session) =>
      session.inTransaction(async () => {
        await session.rows(LOCK);
        await this.reader.settled(TIMING.questionMs);
        await this.openDue(session, review, await this.clock.nowIn(session));
      }),
    );
    return TIMING.dailyLookMs;
  }

  private async openDue(session: LedgerSession, review: ResolvedReview, now: number): Promise<void> {
    const last = lastDayDue(now, review);
    const opened = await this.openedSince(now - (MOST_DAYS + review.alertAfterDays + 2) * DAY_MS);
    const newest = [...opened.keys()].toSorted().at(-1);
    const next = newest === undefined ? last : dayAfter(newest, 1);
    const earliest = dayAfter(last, 1 - MOST_DAYS);
    let before: OpenedReview | undefined = newest === undefined ? undefined : opened.get(newest);
    for (let day = next > earliest ? next : earliest; day <= last; day = dayAfter(day, 1)) {
      before = (await this.open(session, day, review, before)) ?? before;
    }
    const overdue = dayAfter(dayAt(now, review.timeZone), -1 - review.alertAfterDays);
    await this.raiseOverdue(
      session,
      [...opened.values()].filter(({ day }) => day <= overdue),
      review,
    );
  }

  /** The result always includes the newest review. */
  private async openedSince(moment: number): Promise<ReadonlyMap<string, SignedReview>> {
    const opened = new Map<string, SignedReview>();
    for await (const review of signedReviews(this.reader, this.signer.trust)) {
      if (opened.size > 0 && timeOfId(review.eventId).getTime() < moment) break;
      opened.set(review.day, opened.get(review.day) ?? review);
    }
    return opened;
  }

  private async open(
    session: LedgerSession,
    day: string,
    review: ResolvedReview,
    before: Pick<OpenedReview, 'checkpointSize'> | undefined,
  ): Promise<OpenedReview | undefined> {
    const { timeZone, fourEyes, alertAfterDays } = review;
    const [from, to] = [beginningOf(day, timeZone), beginningOf(dayAfter(day, 1), timeZone)];
    // A day that ended before the ledger's first checkpoint has no events.
    if (!(await this.headBefore(session, to))) return undefined;
    // The review begins where the previous review ends, because a checkpoint of the previous day may have been stored later.
    const firstPlace = before?.checkpointSize ?? (await this.headBefore(session, from))?.size ?? 0;
    const head = await this.headBefore(session, to, firstPlace);
    const watchedTo = await readPosition(session, WATCH_CONSUMER, this.signer.trust);
    const opened: OpenedReview = {
      ...{ day, timeZone, from: new Date(from).toISOString(), to: new Date(to).toISOString() },
      ...{ firstPlace, checkpointSize: head?.size ?? 0 },
      ...{ root: head ? encodeBase64(head.rootHash) : '', fourEyes, alertAfterDays },
      rules: this.options.rules.filter(({ alerts }) => alerts).map(({ rule }) => rule.name),
      ...(this.options.rules.length > 0 && watchedTo !== undefined && { watchedTo }),
    };
    const statement = { kind: 'review', statement: { ...opened } } as const;
    const event = await signedEvent(this.signer, statement, REVIEW_TYPES.opened, {
      category: REVIEW_CATEGORY,
      actor: { type: 'system' },
      resource: { type: 'audit_day', id: day },
      details: { ...opened, rules: [...opened.rules] },
    });
    await appendEvent(session, event);
    return opened;
  }

  private async headBefore(session: LedgerSession, moment: number, size: number | null = null) {
    const [row] = await session.rows(TREE, [moment, size]);
    return row && verifyCheckpoint(String(row.note), this.signer.trust).checkpoint;
  }

  private async raiseOverdue(
    session: LedgerSession,
    overdue: readonly SignedReview[],
    { alertAfterDays }: ResolvedReview,
  ): Promise<void> {
    const days = overdue.map(({ day }) => day);
    if (days.length === 0) return;
    const steps = await this.reader.eventRows({ scope: 'all' }, SIGNED, [days]);
    const alerted = await this.reader.eventRows({ scope: 'all' }, ALERTED, [days]);
    const { trust } = this.signer;
    const signed = steps.filter((row) => isSignedReply(row as Pick<AuditEvent, 'id' | 'type' | 'details'>, trust)); // the selected columns
    const isAlerted = alerted.filter((row) => statementIn(row, 'review-alert', trust)?.day === row.day);
    const settled = new Set([...signed, ...isAlerted].map(({ day }) => day));
    for (const { day, eventId } of overdue.filter((review) => !settled.has(review.day)).toReversed()) {
      const statement = { kind: 'review-alert', statement: { day } } as const;
      const title = `Nobody signed off the review of ${day} within ${alertAfterDays} days`;
      const input = overdueAlert(title, day, eventId);
      const alert = await signedEvent(this.signer, statement, ALERT_TYPES.raised, input);
      await appendEvent(session, alert);
      this.logger.warn(
        `Alert (medium): nobody has signed off the review of ${day}. The event of the alert is ${alert.id}.`,
      );
    }
  }
}

function dayAt(moment: number, timeZone: string): string {
  return new Date(moment + offsetAt(moment, timeZone)).toISOString().slice(0, 10);
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

function beginningOf(day: string, timeZone: string): number {
  return momentOfWall(Date.parse(day), timeZone);
}

/** From the option `hour` on, the last due day is yesterday; before that hour, the last due day is the day before yesterday. */
function lastDayDue(moment: number, { timeZone, hour }: { timeZone: string; hour: number }): string {
  const today = dayAt(moment, timeZone);
  const opensAt = momentOfWall(Date.parse(today) + hour * HOUR_MS, timeZone);
  return dayAfter(today, moment >= opensAt ? -1 : -2);
}
