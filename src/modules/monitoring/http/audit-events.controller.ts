import {
  Controller,
  Get,
  Inject,
  NotFoundException,
  Param,
  ParseBoolPipe,
  ParseUUIDPipe,
  Query,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery } from '@nestjs/swagger';
import { DescribesLedger, DescribesRefusals } from '../access/describes-refusals.decorator.js';
import { EVENT } from './examples/event-examples.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS } from '../access/ledger-reads.js';
import { AuditQuery } from '../query/audit-query.service.js';
import type { LedgerEvent } from '../query/ledger-event.js';
import { ArchivesUnqueryableFilter } from './archives-unqueryable.filter.js';
import { DescribesPage } from './describes-page.decorator.js';
import { EventView } from './event.dto.js';
import { InvalidQueryFilter } from './invalid-query.filter.js';
import { Access, LedgerAccessGuard } from './ledger-access.guard.js';
import { ShowsAsOf } from './as-of.interceptor.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import type { LogRequest, LogResponse } from './log-responses.js';
import { QueryPipe, type Unseen } from './query.pipe.js';
import { AuditedRead, noteRead } from './record-read.js';
import { showPage, type ShownPage } from './show-page.js';
import { RelatedQuery, ShownEventQuery } from './shown-event-query.dto.js';

/** The ledger over HTTP, for those whom the application authorises. */
@DescribesLedger()
@Controller('audit/events')
@UseGuards(LedgerAccessGuard)
@ShowsAsOf()
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter, ArchivesUnqueryableFilter)
@AuditedRead(LEDGER_READS.viewed)
export class AuditEventsController {
  constructor(@Inject(AuditQuery) private readonly ledger: AuditQuery) {}

  /** Events that every given filter holds for, newest first. */
  @Get()
  @ApiOperation({ summary: 'Find events' })
  @DescribesPage(ShownEventQuery)
  async find(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(ShownEventQuery)) query: Unseen<ShownEventQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<ShownPage> {
    return showPage(await this.ledger.find(access, query), { access, query, request, response });
  }

  /** One event. */
  @Get(':id')
  @ApiOperation({ summary: 'Show an event' })
  @ApiOkResponse({ type: EventView, example: EVENT })
  @ApiQuery({ name: 'archived', type: Boolean, required: false, description: 'Whether archives are asked, too' })
  @DescribesRefusals({ 400: 'The id is not a UUID.', 404: 'Nothing has that id, or you may not see it.' })
  async findOne(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Query('archived', new ParseBoolPipe({ optional: true })) archived: boolean | undefined,
  ): Promise<LedgerEvent> {
    const event = await this.ledger.findOne(access, id, { archived: archived === true });
    if (!event) return refuseUnknown(id, archived === true ? 'Check the id.' : await this.nextFor(id, AGAIN));
    noteRead({ access, filters: { id }, shown: 1 });
    return event;
  }

  /**
   * Everything of the event's request, session or trace within a day of it, the event itself among it. Of an operation that changed
   * captured rows, `operation` names its events and the row changes.
   */
  @Get(':id/related')
  @ApiOperation({ summary: 'Find the events that belong to the same request, session, trace or operation' })
  @DescribesPage(RelatedQuery)
  @DescribesRefusals({ 404: 'Nothing has that id, or you may not see it.' })
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

const AGAIN = 'ask again with archived=true';
const BY_ITS_REQUEST =
  'ask for the event itself, and then for events of its requestId, sessionId or traceId, each with archived=true';

function refuseUnknown(id: string, next: string): never {
  throw new NotFoundException(`Cannot show the event ${id}: no event has that id. ${next}`);
}
