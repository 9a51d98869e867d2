import { BadRequestException, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { AuditQuery } from '../read/query/audit-query.service.js';
import { EventQuery } from '../read/query/event-query.dto.js';
import { AuditHistory } from '../read/query/records/audit-history.service.js';
import { EventPage } from '../read/query/ledger-event.dto.js';
import { RecordAtQuery, RecordBlame, RecordState } from '../read/query/records/record.dto.js';
import type { ResourceName } from '../read/query/ledger-event.js';
import { isText } from '../read/query/query-values.js';
import { Access } from './ledger-access.guard.js';
import { ShowsAsOf } from './as-of.interceptor.js';
import type { LogRequest, LogResponse } from './log-responses.js';
import { QueryPipe, type Unseen } from './query.pipe.js';
import { AuditedRead, noteRead } from './record-read.js';
import { NEXT_PAGE, showPage, type ShownPage } from './show-page.js';
import { HistoryQuery } from './event-queries.dto.js';
import { LedgerController, Route } from './openapi/ledger-controller.decorator.js';

/** Serves the history of a resource. */
@LedgerController('audit/resources')
@ShowsAsOf()
@AuditedRead('viewed')
export class AuditResourcesController {
  constructor(
    @Inject(AuditQuery) private readonly ledger: AuditQuery,
    @Inject(AuditHistory) private readonly records: AuditHistory,
  ) {}

  /** Returns the events about a resource, newest first by default. `changes` contains the values before and after each change. */
  @Get(':type/:id/history')
  @Route('Find the events about a resource', EventPage, {}, { headers: NEXT_PAGE })
  async history(
    @Access() access: LedgerAccess,
    @Param('type') type: string,
    @Param('id') id: string,
    @Query(new QueryPipe(HistoryQuery)) query: Unseen<HistoryQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<ShownPage> {
    const { table, ...filters } = query;
    const resource = resourceOf(type, id, table);
    const page = await this.ledger.history(access, resource, Object.assign(new EventQuery(), filters));
    return showPage(page, { access, query, about: aboutOf(resource), request, response });
  }

  /** Returns the state of a record at a time, from the captured row changes. */
  @Get(':type/:id/state')
  @Route('Show a record as it was at a time', RecordState)
  async state(
    @Access() access: LedgerAccess,
    @Param('type') type: string,
    @Param('id') id: string,
    @Query(new QueryPipe(RecordAtQuery)) { at, table }: Unseen<RecordAtQuery>,
  ): Promise<RecordState> {
    const resource = resourceOf(type, id, table);
    const state = await this.records.state(access, resource, at);
    noteRead({ access, filters: { ...aboutOf(resource), at: state.at }, shown: state.event ? 1 : 0 });
    return state;
  }

  /** Returns who last changed each field of a record, and the event of the change, from the captured row changes. */
  @Get(':type/:id/blame')
  @Route('Show who last changed each field of a record', RecordBlame)
  async blame(
    @Access() access: LedgerAccess,
    @Param('type') type: string,
    @Param('id') id: string,
    @Query(new QueryPipe(RecordAtQuery)) { at, table }: Unseen<RecordAtQuery>,
  ): Promise<RecordBlame> {
    const resource = resourceOf(type, id, table);
    const blame = await this.records.blame(access, resource, at);
    const events = new Set(blame.fields.flatMap(({ event }) => event?.id ?? []));
    noteRead({ access, filters: { ...aboutOf(resource), at: blame.at }, shown: events.size });
    return blame;
  }
}

function resourceOf(type: string, id: string, table: ResourceName['table']): ResourceName {
  if (isText(type) && isText(id)) return { type, id, table };
  throw new BadRequestException(['type and id in the path must be texts of 1 to 512 characters']);
}

function aboutOf({ type, id, table }: ResourceName): Readonly<Record<string, string>> {
  return { resourceType: type, resourceId: id, ...(table !== undefined && { table: [table].flat().join(' ') }) };
}
