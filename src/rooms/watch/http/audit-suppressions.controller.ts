import {
  BadRequestException,
  Body,
  ForbiddenException,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  ParseUUIDPipe,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import type { z } from 'zod';
import { AuditAggregator } from '../../../audit/index.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { ALERT_CATEGORY, ALERT_TYPES } from '../alert-event.js';
import {
  EndOfSuppression,
  NewSuppression,
  Suppression,
  SuppressionPage,
  SuppressionQuery,
} from '../alerts/suppression.dto.js';
import { Suppressions } from '../alerts/suppressions.service.js';
import { tenantWithin } from '../signed-answers.js';
import { BodyPipe } from '../../../monitoring/http/body.pipe.js';
import { Access } from '../../../monitoring/http/ledger-access.guard.js';
import type { LogRequest, LogResponse } from '../../../monitoring/http/log-responses.js';
import { linkNext } from '../../../monitoring/http/show-page.js';
import { QueryPipe, type Unseen } from '../../../monitoring/http/query.pipe.js';
import { AuditedRead, noteRead } from '../../../monitoring/http/record-read.js';
import { LedgerController, Route } from '../../../monitoring/http/openapi/ledger-controller.decorator.js';
import { answer, found, refuseNobody, refusePersons, ReviewerRoute } from './reviewer-routes.js';

const PERSONS = 'see suppressions: you may only see your own events';

/** Lets reviewers suppress alerts. */
@LedgerController('audit/suppressions')
export class AuditSuppressionsController {
  constructor(
    @Inject(Suppressions) private readonly suppressions: Suppressions,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** Lists all suppressions, newest first, including ended ones. */
  @Get()
  @Route('List suppressions of alerts', SuppressionPage)
  @AuditedRead('viewed')
  async list(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(SuppressionQuery)) { active, cursor }: Unseen<SuppressionQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<SuppressionPage> {
    refusePersons(access, PERSONS);
    const page = await this.suppressions.list(access, { isActive: active === true, cursor });
    linkNext(request, response, page.nextCursor);
    noteRead({ access, filters: { suppressions: String(active ?? false) }, shown: page.items.length });
    return page;
  }

  /** Suppresses the alerts of a rule, or of one group of the rule, until a time. `alertId` selects the rule and the group of an alert. */
  @Post()
  @Route('Suppress alerts until a time', Suppression, { 404: 'No alert has this id, or you may not see it.' })
  @ReviewerRoute(ALERT_TYPES.suppressionStarted, ALERT_CATEGORY)
  async start(
    @Access() access: LedgerAccess,
    @Body(new BodyPipe(NewSuppression)) body: z.infer<typeof NewSuppression>,
  ): Promise<Suppression> {
    this.check(access);
    const { alertId, rule, group, until, reason } = body;
    if ((alertId === undefined) === (rule === undefined) || (alertId !== undefined && group !== undefined)) {
      throw new BadRequestException(['give either alertId, or rule; only rule allows group and tenantId']);
    }
    const tenantId = alertId === undefined ? tenantWithin(access, body.tenantId, notOfEveryTenant) : undefined;
    const suppression = { alertId, rule, group, tenantId, until, reason };
    return found(
      await this.suppressions.start(access, suppression).catch(answer),
      `Cannot suppress alerts like ${String(alertId)}: no alert has this id. Check the id.`,
    );
  }

  /** Ends a suppression. A second call changes nothing, and returns the ended suppression. */
  @Post(':id/end')
  @Route('End a suppression', Suppression, { 404: 'No suppression has this id, or you may not see it.' })
  @HttpCode(HttpStatus.OK)
  @ReviewerRoute(ALERT_TYPES.suppressionEnded, ALERT_CATEGORY)
  async end(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Body(new BodyPipe(EndOfSuppression)) { reason }: z.infer<typeof EndOfSuppression>,
  ): Promise<Suppression> {
    this.check(access);
    const unknown = `Cannot end the suppression ${id}: no suppression has this id. Check the id.`;
    return found(await this.suppressions.end(access, id, reason), unknown);
  }

  private check(access: LedgerAccess): void {
    refusePersons(access, PERSONS);
    refuseNobody(this.aggregator, 'suppress alerts');
  }
}

function notOfEveryTenant(): ForbiddenException {
  return new ForbiddenException(
    'Cannot suppress alerts of all tenants: you see only some. Give one of your tenants as tenantId.',
  );
}
