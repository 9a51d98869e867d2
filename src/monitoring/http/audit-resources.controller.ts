import { BadRequestException, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { z } from 'zod';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { AuditQuery } from '../read/query/audit-query.service.js';
import { EventQuery } from '../read/query/event-query.dto.js';
import { AuditHistory } from '../read/query/records/audit-history.service.js';
import { EventPage } from '../read/query/ledger-event.dto.js';
import { RecordBlame, RecordState } from '../read/query/records/record.dto.js';
import { namedSchema } from '../read/responses/shape.js';
import { isText } from '../read/query/query-parameters.js';
import { Access } from './ledger-access.guard.js';
import { SendAsOfHeader } from './as-of.interceptor.js';
import type { LogRequest, LogResponse } from './log-responses.js';
import { QueryPipe, type ParsedByPipe } from './request.pipe.js';
import { AuditedRead, noteRead } from './record-read.js';
import { getPageEvents, toRequestParameters, linkNext, NEXT_PAGE, selectFields } from './show-page.js';
import { ResourceQuery, type ResourcePart } from './event-queries.dto.js';
import { LedgerController, Route } from './openapi/ledger-controller.decorator.js';

const ShownResource = namedSchema(
  'ShownResource',
  z.object({
    ...EventPage.partial().shape,
    state: RecordState.exactOptional().describe('The record as it was at the time'),
    blame: RecordBlame.exactOptional().describe('Who last changed each field, and the event of the change'),
  }),
);

@LedgerController('audit/resources')
@SendAsOfHeader()
@AuditedRead('viewed')
export class AuditResourcesController {
  constructor(
    @Inject(AuditQuery) private readonly ledger: AuditQuery,
    @Inject(AuditHistory) private readonly records: AuditHistory,
  ) {}

  /**
   * Returns the events about a resource, newest first by default: `changes` contains the values before and after each change. On request,
   * returns the state of the record at a time, and who last changed each field.
   */
  @Get(':type/:id')
  @Route('Show the history of a resource', ShownResource, {}, { headers: NEXT_PAGE })
  async show(
    @Access() access: LedgerAccess,
    @Param('type') type: string,
    @Param('id') id: string,
    @Query(new QueryPipe(ResourceQuery)) query: ParsedByPipe<ResourceQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<object> {
    if (!isText(type) || !isText(id)) {
      throw new BadRequestException(['type and id in the path must be texts of 1 to 512 characters']);
    }
    const { table, at, show, ...filters } = query;
    const shows = (part: ResourcePart): boolean => [show].flat().includes(part);
    const resource = { type, id, table };
    const page = shows('events')
      ? await this.ledger.history(access, resource, Object.assign(new EventQuery(), filters))
      : undefined;
    const state = shows('state') ? await this.records.state(access, resource, at) : undefined;
    const blame = shows('blame') ? await this.records.blame(access, resource, at) : undefined;
    const time = (state ?? blame)?.at;
    const events = [...getPageEvents({ ...page }), state?.event, ...(blame?.fields ?? []).map(({ event }) => event)];
    noteRead({
      access,
      filters: {
        ...toRequestParameters(query),
        resourceType: type,
        resourceId: id,
        ...(time !== undefined && { at: time }),
      },
      ids: [...new Set(events.flatMap((event) => event?.id ?? []))],
    });
    if (page) linkNext(request, response, page.nextCursor);
    return { ...(page && selectFields(page, query.fields)), ...(state && { state }), ...(blame && { blame }) };
  }
}
