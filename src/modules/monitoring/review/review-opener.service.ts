import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { ActSigner } from '../acts/store-act.js';
import { CheckpointSigner } from '../signing/checkpoint-signer.service.js';
import { appendOwnEvent } from '../store/append-own-event.js';
import { EveryMinute } from '../store/every-minute.js';
import { explainUnlessOwn } from '../store/explain-ledger-error.js';
import { LedgerClock } from '../store/ledger-clock.js';
import { PrimaryReader } from '../store/primary-reader.service.js';
import { SEQUENCER } from '../store/ledger-roles.js';
import type { LedgerSession } from '../store/ledger-session.js';
import { LedgerSessions } from '../store/ledger-sessions.js';
import { limitsWithin } from '../store/session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../store/store-options.js';
import { ALERT_RAISED, CHECKS } from '../watch/alert-event.js';
import { WATCH_OPTIONS, type WatchSlice } from '../watch/watch-options.js';
import { placeOf } from '../watch/watch-place.js';
import { readRow } from '../watch/watch-store.js';
import { REVIEW_CATEGORY, REVIEW_TYPES, seedOf, type OpenedReview } from './opened-review.js';
import { boundsOf, dayAfter, dayAt, daysFrom, lastDayDue } from './review-days.js';
import { REVIEW_OPTIONS, type ReviewOptions, type ReviewSlice } from './review-options.js';

const TIMEOUT_MS = 20_000;
/** As many days are opened later, after a time without an instance. */
const MOST_DAYS = 31;

const LAST = 'SELECT max(day)::text AS day FROM audit_review';
const CLAIM =
  'INSERT INTO audit_review (day, event_id) VALUES ($1::date, gen_random_uuid()) ON CONFLICT DO NOTHING RETURNING day';
const OPENED = 'UPDATE audit_review SET event_id = $2, checkpoint_size = $3 WHERE day = $1::date';
const BEFORE = 'SELECT checkpoint_size AS size FROM audit_review WHERE day = $1::date - 1';
/** The last checkpoint before a moment, and not before a size. */
const TREE = `
  SELECT size, root FROM audit_checkpoint WHERE signed_at < to_timestamp($1::float8 / 1000) OR size = $2::bigint ORDER BY size DESC LIMIT 1`;
const UNTOLD = `
  SELECT day::text, event_id FROM audit_review WHERE NOT is_settled AND day <= $1::date ORDER BY day DESC LIMIT 400 FOR UPDATE SKIP LOCKED`;
const TOLD = 'UPDATE audit_review SET alert_id = $2, is_settled = true WHERE day = $1::date';
const SETTLED = 'UPDATE audit_review SET is_settled = true WHERE day = ANY ($1::date[])';
const SIGNED = `
  SELECT DISTINCT details->>'day' AS day FROM audit_event
   WHERE type = '${REVIEW_TYPES.sign_off}' AND resource_type = 'audit_day' AND details->>'day' = ANY ($1::text[]) AND tenant_id IS NULL`;

/**
 * Opens the review of each day once it is over, and raises an alert for a day that nobody signs off. Each instance looks every minute; the database knows which
 * days are opened, so each is opened once, with its event in one transaction.
 */
@Injectable()
export class ReviewOpener implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly sessions: LedgerSessions;
  private readonly looks = new EveryMinute(
    async () => this.look(),
    (error) =>
      this.logger.warn(`No review is opened now: ${explainUnlessOwn(error).message} Tried again every minute.`),
  );

  constructor(
    @Inject(REVIEW_OPTIONS) private readonly options: ReviewSlice,
    @Inject(WATCH_OPTIONS) private readonly watching: WatchSlice,
    @Inject(STORE_OPTIONS) { sequencerUrl }: StoreOptions,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(LedgerClock) private readonly clock: LedgerClock,
    @Inject(CheckpointSigner) private readonly signer: ActSigner,
  ) {
    this.sessions = new LedgerSessions(sequencerUrl, { ...SEQUENCER, name: 'reviews' }, limitsWithin(TIMEOUT_MS));
  }

  /** Does not wait. */
  onApplicationBootstrap(): void {
    if (this.options.review) this.looks.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.looks.stop();
    await this.sessions.end();
  }

  /** Opens the reviews that are due, and raises the alerts that are. Never rejects. */
  async run(): Promise<void> {
    await this.looks.run();
  }

  private async look(): Promise<void> {
    const { review } = this.options;
    if (!review) return;
    const now = await this.sessions.use((session) => this.clock.nowIn(session));
    const last = lastDayDue(now, review);
    const [newest] = await this.sessions.use((session) => session.rows(LAST));
    const opened = typeof newest?.day === 'string' ? newest.day : undefined;
    const next = opened === undefined ? last : dayAfter(opened, 1);
    const earliest = dayAfter(last, 1 - MOST_DAYS);
    for (const day of daysFrom(next > earliest ? next : earliest, last)) {
      await this.sessions.use((session) => session.inTransaction(async () => this.open(session, day, review)));
    }
    await this.sessions.use((session) => session.inTransaction(async () => this.tellMissing(session, now, review)));
  }

  private async open(session: LedgerSession, day: string, review: Required<ReviewOptions>): Promise<void> {
    const { timeZone, sampleSize, fourEyes, alertAfterDays } = review;
    const { from, to } = boundsOf(day, timeZone);
    // A day before the ledger's first checkpoint has nothing to review.
    const [sealed] = await session.rows(TREE, [to, null]);
    if (!sealed) return;
    const [claimed] = await session.rows(CLAIM, [day]);
    if (!claimed) return;
    // Where the review before ended, if there is one: a checkpoint may be stored after the day that it was signed on was opened.
    const [before] = [...(await session.rows(BEFORE, [day])), ...(await session.rows(TREE, [from, null]))];
    const firstPlace = Number(before?.size ?? 0);
    const [head] = await session.rows(TREE, [to, firstPlace]);
    const row = await readRow(session);
    const watched = row && placeOf(row, this.signer.trust);
    const root = head ? (head.root as Buffer).toString('base64') : ''; // the type of the column
    const opened: OpenedReview = {
      ...{ day, timeZone, from: new Date(from).toISOString(), to: new Date(to).toISOString() },
      ...{ firstPlace, checkpointSize: Number(head?.size ?? 0), root },
      ...{ seed: seedOf(root, day), sampleSize, fourEyes, alertAfterDays },
      rules: (this.watching.watch?.rules ?? []).filter(({ alerts }) => alerts).map(({ rule }) => rule.name),
      ...(this.watching.watch && watched && { watchedTo: watched.place }),
    };
    const { id } = await appendOwnEvent(session, REVIEW_TYPES.opened, {
      category: REVIEW_CATEGORY,
      actor: { type: 'system' },
      resource: { type: 'audit_day', id: day },
      details: { ...opened, rules: [...opened.rules] },
    });
    await session.rows(OPENED, [day, id, opened.checkpointSize]);
  }

  private async tellMissing(session: LedgerSession, now: number, review: Required<ReviewOptions>): Promise<void> {
    const { alertAfterDays, timeZone } = review;
    const rows = await session.rows(UNTOLD, [dayAfter(dayAt(now, timeZone), -1 - alertAfterDays)]);
    const days = rows.map(({ day }) => String(day));
    if (days.length === 0) return;
    const signed = await this.reader.eventRows({ scope: 'all' }, SIGNED, [days]);
    const isSigned = new Set(signed.map(({ day }) => String(day)));
    await session.rows(SETTLED, [[...isSigned]]);
    for (const { day, event_id: eventId } of rows.filter((row) => !isSigned.has(String(row.day))).toReversed()) {
      const { id } = await appendOwnEvent(session, ALERT_RAISED, alertOf(String(day), String(eventId), alertAfterDays));
      await session.rows(TOLD, [day, id]);
      this.logger.warn(`Alert (medium): nobody has signed off the review of ${String(day)}. The event is ${id}.`);
    }
  }
}

function alertOf(day: string, eventId: string, days: number) {
  return {
    category: 'alert',
    severity: 'warning',
    actor: { type: 'system' },
    resource: { type: 'audit_day', id: day },
    details: {
      ...{ rule: CHECKS.review, title: `Nobody signed off the review of ${day} within ${days} days`, level: 'medium' },
      ...{ tags: [], day, matched: [eventId], matchedCount: 1 },
    },
  } as const;
}
