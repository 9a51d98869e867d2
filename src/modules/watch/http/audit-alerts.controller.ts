import {
  applyDecorators,
  Body,
  ConflictException,
  Controller,
  ForbiddenException,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Audited, AuditAggregator } from '../../../audit/index.js';
import {
  DescribesLedger,
  DescribesPermission,
  DescribesRefusals,
} from '../../monitoring/access/describes-refusals.decorator.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import { ALERT_ACKNOWLEDGED, ALERT_CATEGORY, ALERT_RESOLVED } from '../alert-event.js';
import { AlertQuery } from '../alerts/alert-query.dto.js';
import { AlertSuppressedError } from '../alerts/alert.error.js';
import { Alerts, type AlertPage, type AlertWithEvents, type AnsweredAlert } from '../alerts/alerts.service.js';
import { AcknowledgeDto, AlertPageView, AlertWithEventsView, AnsweredAlertView, ResolveDto } from './alert.dto.js';
import { bodyOf } from '../../monitoring/http/body-of.js';
import {
  ACKNOWLEDGED_ALERT,
  ACKNOWLEDGEMENT,
  ALERT_PAGE,
  ALERT_WITH_EVENTS,
  RESOLUTION,
  RESOLVED_ALERT,
} from './alert-examples.js';
import { InvalidQueryFilter } from '../../monitoring/http/invalid-query.filter.js';
import { Access, LedgerAccessGuard, NeedsPermission } from '../../monitoring/http/ledger-access.guard.js';
import { LedgerUnavailableFilter } from '../../monitoring/http/ledger-unavailable.filter.js';
import type { LogRequest, LogResponse } from '../../monitoring/http/log-responses.js';
import { linkNext } from '../../monitoring/http/next-link.js';
import { ONLY_REFUSALS } from '../../monitoring/http/only-refusals.js';
import { QueryPipe, type Unseen } from '../../monitoring/http/query.pipe.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { givenIn } from '../../monitoring/http/show-page.js';
import { DescribesQuery } from '../../monitoring/http/describes-query.decorator.js';

const REFUSALS = { ...ONLY_REFUSALS, category: ALERT_CATEGORY };

/** What both routes that answer an alert are. */
function AnswersAlert(action: string, summary: string): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    HttpCode(HttpStatus.OK),
    NeedsPermission('review'),
    Audited(action, REFUSALS),
    DescribesPermission('review'),
    DescribesRefusals({
      400: 'Each problem of the body.',
      415: 'The body is not JSON.',
      404: 'No alert has this id, or you may not see it.',
      409: 'The alert was suppressed: nobody has to answer it.',
    }),
  );
}

/** The alerts that rules raised, and what was done about them. */
@DescribesLedger()
@Controller('audit/alerts')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter)
export class AuditAlertsController {
  constructor(
    @Inject(Alerts) private readonly alerts: Alerts,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** Alerts, newest first, with their states. */
  @Get()
  @ApiOperation({ summary: 'List alerts' })
  @AuditedRead(LEDGER_READS.viewed)
  @DescribesQuery(AlertQuery)
  @ApiOkResponse({ type: AlertPageView, example: ALERT_PAGE })
  @DescribesRefusals({ 400: 'Each problem of the query.', 422: 'The query takes too long: narrow the time range.' })
  async list(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(AlertQuery)) query: Unseen<AlertQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<AlertPage> {
    refusePersons(access);
    const page = await this.alerts.list(access, query);
    linkNext(request, response, page.nextCursor);
    noteRead({ access, filters: { alerts: true, ...givenIn(query) }, shown: page.items.length });
    return page;
  }

  /** One alert, with the events that it is about. */
  @Get(':id')
  @ApiOperation({ summary: 'Show an alert with its events' })
  @AuditedRead(LEDGER_READS.viewed)
  @ApiOkResponse({ type: AlertWithEventsView, example: ALERT_WITH_EVENTS })
  @DescribesRefusals({ 400: 'The id is not a UUID.', 404: 'No alert has this id, or you may not see it.' })
  async show(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<AlertWithEvents> {
    refusePersons(access);
    const alert = found(id, await this.alerts.find(access, id));
    noteRead({ access, filters: { id }, shown: 1 + alert.events.length });
    return alert;
  }

  /** Says that somebody looks at the alert. Again, it answers who does already, with `changed: false`. */
  @Post(':id/acknowledge')
  @AnswersAlert(ALERT_ACKNOWLEDGED, 'Acknowledge an alert')
  @ApiBody({ type: AcknowledgeDto, examples: { acknowledgement: { value: ACKNOWLEDGEMENT } } })
  @ApiOkResponse({ type: AnsweredAlertView, example: ACKNOWLEDGED_ALERT })
  async acknowledge(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Body(bodyOf(AcknowledgeDto)) { comment }: AcknowledgeDto,
  ): Promise<AnsweredAlert> {
    this.check(access);
    return found(id, await answered(this.alerts.acknowledge(access, id, { comment })));
  }

  /** Says what the alert turned out to be. Again, it answers who did already, with `changed: false`. */
  @Post(':id/resolve')
  @AnswersAlert(ALERT_RESOLVED, 'Resolve an alert')
  @ApiBody({ type: ResolveDto, examples: { resolution: { value: RESOLUTION } } })
  @ApiOkResponse({ type: AnsweredAlertView, example: RESOLVED_ALERT })
  async resolve(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Body(bodyOf(ResolveDto)) { verdict, comment }: ResolveDto,
  ): Promise<AnsweredAlert> {
    this.check(access);
    return found(id, await answered(this.alerts.resolve(access, id, { verdict, comment })));
  }

  private check(access: LedgerAccess): void {
    refusePersons(access);
    if (this.aggregator.currentActor()?.id === undefined) {
      throw new ForbiddenException('Cannot answer an alert: the request has no actor. Log in.');
    }
  }
}

/** Whom an alert is about does not learn of it. */
function refusePersons({ scope }: LedgerAccess): void {
  if (scope !== 'subject') return;
  throw new ForbiddenException('Cannot see alerts: you see your own events. Ask somebody who may see others.');
}

function found<Found>(id: string, alert: Found | undefined): Found {
  if (alert) return alert;
  throw new NotFoundException(`Cannot show the alert ${id}: no alert has that id. Check the id.`);
}

async function answered(answer: Promise<AnsweredAlert | undefined>): Promise<AnsweredAlert | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof AlertSuppressedError)) throw error;
    const { code, message } = error;
    throw new ConflictException({ statusCode: 409, error: 'Conflict', code, message });
  }
}
