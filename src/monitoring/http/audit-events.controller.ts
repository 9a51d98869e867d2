import { Get, Inject, NotFoundException, Param, ParseUUIDPipe, Query, Req, Res } from '@nestjs/common';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { AuditQuery } from '../read/query/audit-query.service.js';
import { EventPage, LedgerEvent } from '../read/query/ledger-event.dto.js';
import { Access } from './ledger-access.guard.js';
import { ShowsAsOf } from './as-of.interceptor.js';
import type { LogRequest, LogResponse } from './log-responses.js';
import { QueryPipe, type Unseen } from './query.pipe.js';
import { AuditedRead, noteRead } from './record-read.js';
import { NEXT_PAGE, showPage, type ShownPage } from './show-page.js';
import { OneEventQuery, RelatedQuery, ShownEventQuery } from './event-queries.dto.js';
import { LedgerController, Route } from './openapi/ledger-controller.decorator.js';

/** Serves the ledger's events to readers whom the application authorises. */
@LedgerController('audit/events')
@ShowsAsOf()
@AuditedRead('viewed')
export class AuditEventsController {
  constructor(@Inject(AuditQuery) private readonly ledger: AuditQuery) {}

  /** Returns a page of the events that match all filters, newest first by default. */
  @Get()
  @Route('Find events', EventPage, {}, { headers: NEXT_PAGE })
  async find(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(ShownEventQuery)) query: Unseen<ShownEventQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<ShownPage> {
    return showPage(await this.ledger.find(access, query), { access, query, request, response });
  }

  @Get(':id')
  @Route('Show an event', LedgerEvent, { 404: 'No event has that id, or you may not see the event.' })
  async findOne(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Query(new QueryPipe(OneEventQuery)) query: Unseen<OneEventQuery>,
  ): Promise<LedgerEvent> {
    const event = await this.ledger.findOne(access, id, query);
    if (!event) return refuseUnknown(id, query.archived === true ? 'Check the id.' : await this.nextFor(id, AGAIN));
    noteRead({ access, filters: { id }, shown: 1 });
    return event;
  }

  /**
   * Returns an event, and all events of the same request, session or trace within one day before or after the event. If the event's
   * operation changed captured rows, the member `operation` lists the events and row changes of the operation.
   */
  @Get(':id/related')
  @Route(
    'Find the events that share the request, session, trace or operation of an event',
    EventPage,
    { 404: 'No event has that id, or you may not see the event.' },
    { headers: NEXT_PAGE },
  )
  async related(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Query(new QueryPipe(RelatedQuery)) query: Unseen<RelatedQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<ShownPage> {
    const { by, ...others } = query;
    const asked = Object.assign(new ShownEventQuery(), others);
    const page = await this.ledger.related(access, id, asked, by === undefined ? undefined : [by].flat());
    if (!page) return refuseUnknown(id, await this.nextFor(id, BY_ITS_REQUEST));
    return showPage(page, { access, query, about: { relatedTo: id }, request, response });
  }

  private async nextFor(id: string, whereArchived: string): Promise<string> {
    const month = await this.ledger.retiredMonthOf(id);
    return month === undefined
      ? 'Check the id.'
      : `Events of ${month} were archived: ${whereArchived}, or check the id.`;
  }
}

const AGAIN = 'repeat the request with archived=true';
const BY_ITS_REQUEST =
  'request the event itself, and then the events of its requestId, sessionId or traceId, each with archived=true';

function refuseUnknown(id: string, next: string): never {
  throw new NotFoundException(`Cannot show the event ${id}: no event has that id. ${next}`);
}
