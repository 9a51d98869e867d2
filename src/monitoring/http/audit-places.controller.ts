import { Get, Inject, NotFoundException, Param, ParseUUIDPipe, Query, Req } from '@nestjs/common';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { AuditQuery } from '../read/query/audit-query.service.js';
import { Neighbours, NewerEvents } from '../read/query/ledger-event.dto.js';
import { SealedEvents } from '../read/query/places/sealed-events.service.js';
import { Access } from './ledger-access.guard.js';
import { ShowsAsOf } from './as-of.interceptor.js';
import { NeighboursQuery, NewerQuery } from './event-queries.dto.js';
import { QueryPipe, type Unseen } from './query.pipe.js';
import { AuditedRead, leaveUnrecorded, noteRead } from './record-read.js';
import { givenIn } from './show-page.js';
import { pickFields } from './sparse-fields.js';
import { LedgerController, Route } from './openapi/ledger-controller.decorator.js';

/** Serves events by their index in the log. */
@LedgerController('audit')
@ShowsAsOf()
@AuditedRead('viewed')
export class AuditPlacesController {
  constructor(
    @Inject(SealedEvents) private readonly sealed: SealedEvents,
    @Inject(AuditQuery) private readonly ledger: AuditQuery,
  ) {}

  /** Returns the events that were sealed after an index, oldest first. An empty answer is not recorded as a read. */
  @Get('events/newer')
  @Route('Find events after an index', NewerEvents)
  async newer(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(NewerQuery)) query: Unseen<NewerQuery>,
    @Req() request: object,
  ): Promise<Omit<NewerEvents, 'items'> & { readonly items: readonly object[] }> {
    const { after, limit, fields, ...filters } = query;
    const found = await this.sealed.newer(access, filters, { after, limit });
    const { items } = found;
    if (items.length === 0) leaveUnrecorded(request);
    else noteRead({ access, filters: givenIn(query), shown: items.length });
    return { ...found, items: items.map((event) => pickFields(event, fields)) };
  }

  /** Returns the events before and after an event, in the order of their indexes. */
  @Get('events/:id/neighbours')
  @Route('Show the events before and after an event', Neighbours, {
    404: 'No event has that id, or you may not see the event.',
  })
  async neighbours(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Query(new QueryPipe(NeighboursQuery)) query: Unseen<NeighboursQuery>,
  ): Promise<Neighbours> {
    const event = await this.ledger.findOne(access, id);
    if (!event) {
      throw new NotFoundException(`Cannot show the neighbours of the event ${id}: no event has that id. Check the id.`);
    }
    const found = await this.sealed.neighbours(access, event.id, query);
    noteRead({ access, filters: { besideOf: id }, shown: found.before.length + found.after.length });
    return found;
  }
}
