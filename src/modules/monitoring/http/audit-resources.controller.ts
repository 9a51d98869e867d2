import {
  BadRequestException,
  Controller,
  Get,
  Inject,
  Injectable,
  Param,
  type PipeTransform,
  Query,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery } from '@nestjs/swagger';
import { DescribesLedger, DescribesRefusals } from '../access/describes-refusals.decorator.js';
import { RECORD_BLAME, RECORD_STATE } from './examples/event-examples.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS } from '../access/ledger-reads.js';
import { AuditQuery } from '../query/audit-query.service.js';
import { EventQuery } from '../query/event-query.dto.js';
import { AuditHistory } from '../query/records/audit-history.service.js';
import type { RecordBlame } from '../query/records/record-blame.js';
import type { RecordState } from '../query/records/record-state.js';
import type { ResourceName } from '../query/ledger-event.js';
import { isText } from '../query/query-values.js';
import { ArchivesUnqueryableFilter } from './archives-unqueryable.filter.js';
import { DescribesPage } from './describes-page.decorator.js';
import { InvalidQueryFilter } from './invalid-query.filter.js';
import { Access, LedgerAccessGuard } from './ledger-access.guard.js';
import { ShowsAsOf } from './as-of.interceptor.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import type { LogRequest, LogResponse } from './log-responses.js';
import { QueryPipe, type Unseen } from './query.pipe.js';
import { RecordAtQuery, RecordBlameView, RecordStateView } from './record.dto.js';
import { AuditedRead, noteRead } from './record-read.js';
import { showPage, type ShownPage } from './show-page.js';
import { HistoryQuery } from './shown-event-query.dto.js';
import { nearestName } from '../../../audit/plain.js';
import { InvalidQueryError } from '../query/invalid-query.error.js';

/**
 * Reads `at` of a URL's parameters; the time itself is checked by the service that looks the record up.
 *
 * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) for any other parameter
 */
@Injectable()
class RecordAtPipe implements PipeTransform<object, { readonly at?: string }> {
  transform(parameters: object): { readonly at?: string } {
    const problems = Object.keys(parameters)
      .filter((name) => name !== 'at')
      .map(
        (name) =>
          `${name} is an unknown parameter${nearestName(name, ['at']) === undefined ? '' : ' (did you mean at?)'}`,
      );
    const { at } = parameters as { readonly at?: unknown }; // as the parser of the URL gives it
    if (at !== undefined && typeof at !== 'string') problems.push('at must be given once');
    if (problems.length > 0) throw InvalidQueryError.create(problems);
    return typeof at === 'string' ? { at } : {};
  }
}

const WRONG_QUERY = { 400: 'Each problem of the query.' };

/** What was done to single resources. */
@DescribesLedger()
@Controller('audit/resources')
@UseGuards(LedgerAccessGuard)
@ShowsAsOf()
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter, ArchivesUnqueryableFilter)
@AuditedRead(LEDGER_READS.viewed)
export class AuditResourcesController {
  constructor(
    @Inject(AuditQuery) private readonly ledger: AuditQuery,
    @Inject(AuditHistory) private readonly records: AuditHistory,
  ) {}

  /** The history of one resource, newest first; `changes` says what was there before and after. */
  @Get(':type/:id/history')
  @ApiOperation({ summary: 'Find what was done to a resource' })
  @DescribesPage(HistoryQuery)
  async history(
    @Access() access: LedgerAccess,
    @Param('type') type: string,
    @Param('id') id: string,
    @Query(new QueryPipe(HistoryQuery)) query: Unseen<HistoryQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<ShownPage> {
    const resource = resourceOf(type, id);
    const page = await this.ledger.history(access, resource, Object.assign(new EventQuery(), query));
    return showPage(page, { access, query, about: aboutOf(resource), request, response });
  }

  /** One record as it was at a time, by its captured row changes. */
  @Get(':type/:id/state')
  @ApiOperation({ summary: 'Show a record as it was at a time' })
  @ApiQuery({ type: RecordAtQuery })
  @ApiOkResponse({ type: RecordStateView, example: RECORD_STATE })
  @DescribesRefusals(WRONG_QUERY)
  async state(
    @Access() access: LedgerAccess,
    @Param('type') type: string,
    @Param('id') id: string,
    @Query(new RecordAtPipe()) { at }: Readonly<{ at?: string }>,
  ): Promise<RecordState> {
    const resource = resourceOf(type, id);
    const state = await this.records.state(access, resource, at);
    noteRead({ access, filters: { ...aboutOf(resource), at: state.at }, shown: state.event ? 1 : 0 });
    return state;
  }

  /** Who last changed each field of one record, when, and by which event, by its captured row changes. */
  @Get(':type/:id/blame')
  @ApiOperation({ summary: 'Show who last changed each field of a record' })
  @ApiQuery({ type: RecordAtQuery })
  @ApiOkResponse({ type: RecordBlameView, example: RECORD_BLAME })
  @DescribesRefusals(WRONG_QUERY)
  async blame(
    @Access() access: LedgerAccess,
    @Param('type') type: string,
    @Param('id') id: string,
    @Query(new RecordAtPipe()) { at }: Readonly<{ at?: string }>,
  ): Promise<RecordBlame> {
    const resource = resourceOf(type, id);
    const blame = await this.records.blame(access, resource, at);
    const events = new Set(blame.fields.flatMap(({ event }) => event?.id ?? []));
    noteRead({ access, filters: { ...aboutOf(resource), at: blame.at }, shown: events.size });
    return blame;
  }
}

function resourceOf(type: string, id: string): ResourceName {
  if (isText(type) && isText(id)) return { type, id };
  throw new BadRequestException(['type and id in the path must be texts of 1 to 512 characters']);
}

function aboutOf({ type, id }: ResourceName): Readonly<Record<string, string>> {
  return { resourceType: type, resourceId: id };
}
