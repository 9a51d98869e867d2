import { Get, Inject, NotFoundException, Param, ParseUUIDPipe, Query, Req, Res } from '@nestjs/common';
import { readErrors } from '../errors/read.errors.js';
import { ACCESS_OPTIONS, type AccessOptions, type LedgerAccess } from '../read/access/ledger-access.js';
import { AuditQuery } from '../read/query/audit-query.service.js';
import { EventProof, EventPage, OpenedEvent } from '../read/query/ledger-event.dto.js';
import { EventProofs } from '../read/query/event-proofs.service.js';
import { Access, resolveAccess } from './ledger-access.guard.js';
import { SendAsOfHeader } from './as-of.interceptor.js';
import type { LogRequest, LogResponse } from './log-responses.js';
import { QueryPipe, type ParsedByPipe } from './request.pipe.js';
import { AuditedRead, noteRead } from './record-read.js';
import { toRequestParameters, NEXT_PAGE, showPage, type ShownPage } from './show-page.js';
import { EventParts, undefinedIfAbsent } from './event-parts.service.js';
import { EventListQuery, OneEventQuery, ProofQuery } from './event-queries.dto.js';
import { LedgerController, Route } from './openapi/ledger-controller.decorator.js';

const EVENT_NOT_FOUND = { 404: 'No event has that id, or you may not see the event.' };

/** Serves the ledger's events to readers whom the application authorises. */
@LedgerController('audit/events')
@SendAsOfHeader()
@AuditedRead('viewed')
export class AuditEventsController {
  constructor(
    @Inject(AuditQuery) private readonly ledger: AuditQuery,
    @Inject(EventProofs) private readonly proofs: EventProofs,
    @Inject(EventParts) private readonly parts: EventParts,
    @Inject(ACCESS_OPTIONS) private readonly options: AccessOptions,
  ) {}

  /**
   * Returns a page of the events that match all filters, newest first by default. With `relatedTo`, the member `operation` lists the events
   * and row changes of that event's operation, if the operation changed captured rows.
   */
  @Get()
  @Route('Find events', EventPage, {}, { headers: NEXT_PAGE })
  async find(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(EventListQuery)) query: ParsedByPipe<EventListQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<ShownPage> {
    const { relatedTo, by, ...others } = query;
    if (relatedTo === undefined && by !== undefined) throw readErrors.AUDIT_QUERY_INVALID(['by needs relatedTo']);
    const requested = Object.assign(new EventListQuery(), others);
    const page =
      relatedTo === undefined
        ? await this.ledger.find(access, requested)
        : await this.ledger.related(access, relatedTo, requested, by === undefined ? undefined : [by].flat());
    if (!page) return throwNotFound(String(relatedTo), await this.nextFor(String(relatedTo), BY_REQUEST_ADVICE));
    return showPage(page, { access, query, request, response });
  }

  /** Returns an event, and what the query includes, so that a page about the event needs one request and causes one event. */
  @Get(':id')
  @Route('Show an event', OpenedEvent, EVENT_NOT_FOUND)
  async findOne(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Query(new QueryPipe(OneEventQuery)) query: ParsedByPipe<OneEventQuery>,
    @Req() request: object,
  ): Promise<OpenedEvent> {
    const event = await this.ledger.findOne(access, id, query);
    if (!event)
      return throwNotFound(id, query.archived === true ? 'Check the id.' : await this.nextFor(id, RETRY_ADVICE));
    const saltAccess = [query.include].flat().includes('salt') ? await this.exportAccess(request) : undefined;
    const { included, ids } = await this.parts.read(access, event, query, saltAccess);
    noteRead({ access, filters: { id, ...toRequestParameters(query) }, ids, more: getSaltPart(included.proof) });
    return Object.keys(included).length === 0 ? event : { ...event, included };
  }

  @Get(':id/proof')
  @Route('Prove an event: its inclusion in a signed checkpoint', EventProof, {
    ...EVENT_NOT_FOUND,
    409: 'The event is not sealed yet.',
  })
  async prove(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Query(new QueryPipe(ProofQuery)) query: ParsedByPipe<ProofQuery>,
    @Req() request: object,
  ): Promise<EventProof> {
    const saltAccess = query.salt === true ? await this.exportAccess(request) : undefined;
    const proof = await this.proofs.find(access, id, saltAccess);
    if (!proof) throw new NotFoundException(`Cannot prove the event ${id}: no event has that id. Check the id.`);
    noteRead({ access, filters: { id, ...toRequestParameters(query) }, ids: [id], more: getSaltPart(proof) });
    return proof;
  }

  /** The application may refuse a permission by an exception. */
  private async exportAccess(request: object): Promise<LedgerAccess | undefined> {
    return undefinedIfAbsent(resolveAccess(this.options, request, 'export'));
  }

  private async nextFor(id: string, whereArchived: string): Promise<string> {
    const month = await this.ledger.findRetiredMonth(id);
    return month === undefined
      ? `Check the id. nestjs-audit-ledger doctor --event ${id} says why an event is missing.`
      : `Events of ${month} were archived: ${whereArchived}, or check the id.`;
  }
}

const RETRY_ADVICE = 'repeat the request with archived=true';
const BY_REQUEST_ADVICE =
  'request the event itself, and then the events of its requestId, sessionId or traceId, each with archived=true';

/** The read of a salt is recorded as such. */
function getSaltPart(proof: EventProof | undefined): { readonly salt?: true } {
  return proof?.sealed?.salt === undefined ? {} : { salt: true };
}

function throwNotFound(id: string, next: string): never {
  throw new NotFoundException(`Cannot show the event ${id}: no event has that id. ${next}`);
}
