import {
  BadRequestException,
  Body,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  NotFoundException,
  Param,
  ParseEnumPipe,
  ParseUUIDPipe,
  Post,
  Query,
  Req,
  Res,
  applyDecorators,
} from '@nestjs/common';
import type { z } from 'zod';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { BodyPipe, QueryPipe, type Unseen } from '../../../monitoring/http/request.pipe.js';
import { Access, NeedsPermission } from '../../../monitoring/http/ledger-access.guard.js';
import type { LogRequest, LogResponse } from '../../../monitoring/http/log-responses.js';
import { LedgerController, Route } from '../../../monitoring/http/openapi/ledger-controller.decorator.js';
import { AuditedRead, leaveUnrecorded, noteRead, ONLY_REFUSALS } from '../../../monitoring/http/record-read.js';
import { givenIn, linkNext } from '../../../monitoring/http/show-page.js';
import { isTime } from '../../../monitoring/read/query/query-times.js';
import { isUuid } from '../../../monitoring/read/query/query-parameters.js';
import { AlertPage, AlertQuery, AlertWithEvents } from '../alerts/alert.dto.js';
import { Alerts } from '../alerts/alerts.service.js';
import { NewSuppression, Suppression, SuppressionPage, SuppressionQuery } from '../alerts/suppression.dto.js';
import { Suppressions } from '../alerts/suppressions.service.js';
import { DailyReviewList, ReviewPage, WaitingReviews } from '../review/daily-review.dto.js';
import { Reviews } from '../review/reviews.service.js';
import { THREAD_KINDS, type ThreadKind, REVIEW_CATEGORY } from '../threads/thread-kinds.js';
import { NewReply, RecordedReply } from '../threads/thread.dto.js';
import { refuseSubject, Threads } from '../threads/threads.service.js';
import { Audited } from '../../../audit/index.js';

const MOST_DAYS = 180;
const COUNTED = { alerts: 100, reviews: 30 };
const NO_ALERT = { 404: 'No alert has this id, or you may not see it.' };
const NO_REVIEW = { 400: 'The day is invalid.', 404: 'No review of this day was opened.' };
const REFUSED = {
  404: 'The subject of the thread does not exist, or you may not see it.',
  409: 'The alert was suppressed, or the suppression is over, so it needs no answer.',
};

/** Serves alerts, suppressions and daily reviews, and lets reviewers answer them. */
@LedgerController('audit')
export class AuditWatchController {
  constructor(
    @Inject(Alerts) private readonly alerts: Alerts,
    @Inject(Suppressions) private readonly suppressions: Suppressions,
    @Inject(Reviews) private readonly reviews: Reviews,
    @Inject(Threads) private readonly threads: Threads,
  ) {}

  @Get('alerts')
  @Route('List alerts', AlertPage)
  @AuditedRead('viewed')
  async listAlerts(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(AlertQuery)) query: Unseen<AlertQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<AlertPage> {
    refuseSubject(access);
    const page = await this.alerts.list(access, query);
    linkNext(request, response, page.nextCursor);
    noteRead({ access, filters: { alerts: true, ...givenIn(query) }, ids: idsOf(page.items) });
    return page;
  }

  @Get('alerts/:id')
  @Route('Show an alert with its events', AlertWithEvents, NO_ALERT)
  @AuditedRead('viewed')
  async showAlert(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<AlertWithEvents> {
    refuseSubject(access);
    const alert = found(await this.alerts.find(access, id), `Cannot show the alert ${id}: no alert has this id.`);
    noteRead({ access, filters: { id }, ids: [id, ...idsOf(alert.events)] });
    return alert;
  }

  /** Lists all suppressions, newest first, including ended ones. */
  @Get('suppressions')
  @Route('List suppressions of alerts', SuppressionPage)
  @AuditedRead('viewed')
  async listSuppressions(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(SuppressionQuery)) { active, cursor }: Unseen<SuppressionQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<SuppressionPage> {
    refuseSubject(access);
    const page = await this.suppressions.list(access, { isActive: active === true, cursor });
    linkNext(request, response, page.nextCursor);
    noteRead({ access, filters: { suppressions: String(active ?? false) }, ids: idsOf(page.items) });
    return page;
  }

  /** Suppresses the alerts of a rule, or of one group of the rule, until a time. `alertId` selects the rule and the group of an alert. */
  @Post('suppressions')
  @Route('Suppress alerts until a time', Suppression, NO_ALERT)
  @ReviewerRoute()
  async suppress(
    @Access() access: LedgerAccess,
    @Body(new BodyPipe(NewSuppression)) body: z.infer<typeof NewSuppression>,
  ): Promise<Suppression> {
    const { alertId, rule, group, tenantId } = body;
    const isOfAlert = alertId !== undefined;
    if (isOfAlert === (rule !== undefined) || (isOfAlert && (group !== undefined || tenantId !== undefined))) {
      throw new BadRequestException(['give either alertId, or rule; only rule allows group and tenantId']);
    }
    return found(
      await this.suppressions.start(access, body),
      `Cannot suppress alerts like ${String(alertId)}: no alert has this id.`,
    );
  }

  /** Lists the newest 180 reviews, the newest first, with their comments and sign-offs. */
  @Get('reviews')
  @Route('List the reviews of days, newest first', DailyReviewList)
  @AuditedRead('viewed')
  async listReviews(@Access() access: LedgerAccess): Promise<z.infer<typeof DailyReviewList>> {
    refuseSubject(access);
    const items = await this.reviews.list(access, MOST_DAYS);
    noteRead({ access, filters: { reviews: 'all' }, shown: items.length });
    return { items };
  }

  /** Counts what waits for a reviewer, for the navigation of a page. The counts show no event, so they are not recorded as a read. */
  @Get('waiting')
  @Route('Count the open alerts and reviews', WaitingReviews)
  @AuditedRead('viewed')
  async waiting(@Access() access: LedgerAccess, @Req() request: object): Promise<WaitingReviews> {
    leaveUnrecorded(request);
    if (access.scope === 'subject') return { alerts: 0, reviews: 0 };
    const { items } = await this.alerts.list(access, { state: 'open', limit: COUNTED.alerts });
    const reviews = await this.reviews.list(access, COUNTED.reviews);
    return { alerts: items.length, reviews: reviews.filter(({ state }) => state !== 'signed_off').length };
  }

  /** Shows the review of a day with its contents. Readers with equal access always get equal contents. */
  @Get('reviews/:day')
  @Route('Show the review of a day with its contents', ReviewPage, NO_REVIEW)
  @AuditedRead('viewed')
  async showReview(@Access() access: LedgerAccess, @Param('day') day: string): Promise<ReviewPage> {
    refuseSubject(access);
    checkId('day', day);
    const page = await this.reviews.page(access, day);
    noteRead({ access, filters: { review: day }, shown: page.alerts.length, more: { counted: page.events } });
    return page;
  }

  /** Records an answer as an event. A repeated call returns the earlier answer, with `changed: false`. */
  @Post('threads/:kind/:id')
  @Route('Answer an alert, a suppression, a day or an event', RecordedReply, REFUSED)
  @HttpCode(HttpStatus.OK)
  @ReviewerRoute()
  async reply(
    @Access() access: LedgerAccess,
    @Param('kind', new ParseEnumPipe(Object.fromEntries(THREAD_KINDS.map((each) => [each, each])))) kind: ThreadKind,
    @Param('id') id: string,
    @Body(new BodyPipe(NewReply)) body: z.infer<typeof NewReply>,
  ): Promise<RecordedReply> {
    checkId(kind, id);
    return found(
      await this.threads.reply(access, kind, id, body),
      `Cannot answer the ${kind} ${id}: it does not exist, or you may not see it.`,
    );
  }
}

function idsOf(shown: readonly { readonly id: string }[]): readonly string[] {
  return shown.map(({ id }) => id);
}

function checkId(kind: ThreadKind, id: string): void {
  if (kind === 'day') {
    if (/^\d{4}-\d\d-\d\d$/.test(id) && isTime(id)) return;
    throw new BadRequestException(['the day must have the form 2026-11-20']);
  }
  if (!isUuid(id)) throw new BadRequestException(['the id must be a UUID']);
}

/** @throws NotFoundException with the message, if the value is `undefined` */
function found<Found>(value: Found | undefined, message: string): Found {
  if (value !== undefined) return value;
  throw new NotFoundException(`${message} Check the id.`);
}

/** Admits only reviewers. Denials and failures are recorded as events; the services record successes. */
function ReviewerRoute(): MethodDecorator {
  return applyDecorators(
    NeedsPermission('review'),
    Audited('audit_review', { ...ONLY_REFUSALS, category: REVIEW_CATEGORY }),
  );
}
