import {
  BadRequestException,
  Controller,
  Get,
  Inject,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Query,
  UseFilters,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { LedgerAccess } from '../access/index.js';
import { AuditQuery, type EventPage, type LedgerEvent } from '../query/audit-query.service.js';
import { EventQuery } from '../query/event-query.dto.js';
import { EventPageView, EventView } from './event-views.js';
import { Access, LedgerAccessGuard } from './ledger-access.guard.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import { AuditedRead, LEDGER_READS, noteRead } from './record-read.js';

/** The library's routes bring their own validation: the application's may differ. */
const QUERY_VALIDATION = new ValidationPipe({
  whitelist: true,
  forbidNonWhitelisted: true,
  transform: true,
  expectedType: EventQuery,
});

/** The ledger over HTTP, for those whom the application authorises. */
@ApiTags('audit')
@ApiBearerAuth()
@Controller('audit/events')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter)
@AuditedRead(LEDGER_READS.viewed)
export class AuditEventsController {
  constructor(@Inject(AuditQuery) private readonly ledger: AuditQuery) {}

  /** Events, newest first. */
  @Get()
  @ApiOkResponse({ type: EventPageView })
  async find(@Access() access: LedgerAccess, @Query(QUERY_VALIDATION) query: EventQuery): Promise<EventPage> {
    if (query.from !== undefined && query.to !== undefined && new Date(query.from) > new Date(query.to)) {
      throw new BadRequestException(['from must not be after to']);
    }
    const page = await this.ledger.find(access, query);
    noteRead({ access, filters: Object.fromEntries(Object.entries(query)), shown: page.items.length });
    return page;
  }

  /** One event. */
  @Get(':id')
  @ApiOkResponse({ type: EventView })
  async findOne(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<LedgerEvent> {
    const event = await this.ledger.findOne(access, id);
    if (!event)
      throw new NotFoundException(`Cannot show the event ${id}: the ledger has none of that id. Check the id.`);
    noteRead({ access, filters: { id }, shown: 1 });
    return event;
  }
}
