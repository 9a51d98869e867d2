import { Body, Get, HttpCode, HttpStatus, Inject, Param, ParseUUIDPipe, Post, Query, Req, Res } from '@nestjs/common';
import type { z } from 'zod';
import { AuditAggregator } from '../../../audit/index.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { ALERT_TYPES, ALERT_CATEGORY } from '../alert-event.js';
import {
  AlertQuery,
  AlertPage,
  AlertWithEvents,
  AnsweredAlert,
  NewAcknowledgement,
  NewResolution,
} from '../alerts/alert.dto.js';
import { Alerts } from '../alerts/alerts.service.js';
import { BodyPipe } from '../../../monitoring/http/body.pipe.js';
import { Access } from '../../../monitoring/http/ledger-access.guard.js';
import type { LogRequest, LogResponse } from '../../../monitoring/http/log-responses.js';
import { linkNext, givenIn } from '../../../monitoring/http/show-page.js';
import { QueryPipe, type Unseen } from '../../../monitoring/http/query.pipe.js';
import { AuditedRead, noteRead } from '../../../monitoring/http/record-read.js';
import { LedgerController, Route } from '../../../monitoring/http/openapi/ledger-controller.decorator.js';
import { answer, found, refuseNobody, refusePersons, ReviewerRoute } from './reviewer-routes.js';

const PERSONS = 'see alerts: you may only see your own events';
const REFUSED = {
  404: 'No alert has this id, or you may not see it.',
  409: 'The alert was suppressed, so it needs no answer.',
};

/** Serves alerts, and lets reviewers answer them. */
@LedgerController('audit/alerts')
export class AuditAlertsController {
  constructor(
    @Inject(Alerts) private readonly alerts: Alerts,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** Lists alerts, newest first, with their states. */
  @Get()
  @Route('List alerts', AlertPage)
  @AuditedRead('viewed')
  async list(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(AlertQuery)) query: Unseen<AlertQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<AlertPage> {
    refusePersons(access, PERSONS);
    const page = await this.alerts.list(access, query);
    linkNext(request, response, page.nextCursor);
    noteRead({ access, filters: { alerts: true, ...givenIn(query) }, shown: page.items.length });
    return page;
  }

  /** Shows an alert with its matched events. */
  @Get(':id')
  @Route('Show an alert with its events', AlertWithEvents, { 404: REFUSED[404] })
  @AuditedRead('viewed')
  async show(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<AlertWithEvents> {
    refusePersons(access, PERSONS);
    const alert = found(await this.alerts.find(access, id), unknown(id));
    noteRead({ access, filters: { id }, shown: 1 + alert.events.length });
    return alert;
  }

  /** Records that somebody examines the alert. A second call returns the first acknowledgement, with `changed: false`. */
  @Post(':id/acknowledge')
  @Route('Acknowledge an alert', AnsweredAlert, REFUSED)
  @HttpCode(HttpStatus.OK)
  @ReviewerRoute(ALERT_TYPES.acknowledged, ALERT_CATEGORY)
  async acknowledge(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Body(new BodyPipe(NewAcknowledgement)) { comment }: z.infer<typeof NewAcknowledgement>,
  ): Promise<AnsweredAlert> {
    this.check(access);
    return found(await this.alerts.acknowledge(access, id, { comment }).catch(answer), unknown(id));
  }

  /** Records the verdict on the alert. A second call returns the first verdict, with `changed: false`. */
  @Post(':id/resolve')
  @Route('Resolve an alert', AnsweredAlert, REFUSED)
  @HttpCode(HttpStatus.OK)
  @ReviewerRoute(ALERT_TYPES.resolved, ALERT_CATEGORY)
  async resolve(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Body(new BodyPipe(NewResolution)) { verdict, comment }: z.infer<typeof NewResolution>,
  ): Promise<AnsweredAlert> {
    this.check(access);
    return found(await this.alerts.resolve(access, id, { verdict, comment }).catch(answer), unknown(id));
  }

  private check(access: LedgerAccess): void {
    refusePersons(access, PERSONS);
    refuseNobody(this.aggregator, 'answer an alert');
  }
}

function unknown(id: string): string {
  return `Cannot show the alert ${id}: no alert has this id. Check the id.`;
}
