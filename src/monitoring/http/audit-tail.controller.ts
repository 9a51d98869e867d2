import { AsyncResource } from 'node:async_hooks';
import { Readable } from 'node:stream';
import {
  BadRequestException,
  Get,
  Headers,
  Inject,
  Logger,
  Query,
  Req,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import { AuditAggregator } from '../../audit/index.js';
import { getErrorMessage } from '../../audit/nest-free.js';
import { ACCESS_OPTIONS, type AccessOptions, type LedgerAccess } from '../read/access/ledger-access.js';
import { describeRead, LEDGER_READS } from '../read/access/own-events.js';
import type { LedgerEvent } from '../read/query/ledger-event.js';
import { LiveTail, TailOutput } from '../read/query/position/live-tail.service.js';
import { SealedEvents } from '../read/query/position/sealed-events.service.js';
import { Access } from './ledger-access.guard.js';
import { SendAsOfHeader } from './as-of.interceptor.js';
import { toNodeResponse, streamResponse, type StreamedResponse } from './log-responses.js';
import { TailQuery, pickFields } from './event-queries.dto.js';
import { QueryPipe, type ParsedByPipe } from './request.pipe.js';
import { AuditedRead, skipReadRecord, noteRead } from './record-read.js';
import { toRequestParameters, selectFields } from './show-page.js';
import { LedgerController, Route, textResponseBody } from './openapi/ledger-controller.decorator.js';
import { NewerEvents } from '../read/query/ledger-event.dto.js';

const LAST_EVENT_ID = 'Last-Event-ID';
const EVENT_STREAM = 'text/event-stream';
const LAST_ID = {
  ...{ name: LAST_EVENT_ID, in: 'header', required: false, schema: { type: 'string' } },
  description: 'The index after which the tail resumes; replaces `after`',
};

/** Streams new events to readers whom the application authorises. */
@LedgerController('audit')
@SendAsOfHeader()
@AuditedRead('viewed')
export class AuditTailController {
  private readonly logger = new Logger('AuditLedger');

  constructor(
    @Inject(LiveTail) private readonly tail: LiveTail,
    @Inject(SealedEvents) private readonly sealed: SealedEvents,
    @Inject(AuditAggregator) private readonly audit: AuditAggregator,
    @Inject(ACCESS_OPTIONS) private readonly options: AccessOptions,
  ) {}

  /**
   * Streams the events that were sealed after an index, and then each new event, as server-sent events. With `limit`, returns a page at
   * once; an empty page is not recorded as a read.
   */
  @Get('events/tail')
  @Route(
    'Follow the ledger live',
    {
      ...textResponseBody(
        'id: 41\ndata: {"id":"01a1fe74-c240-7419-a34b-8c24b729a5b9",…}\n\n: up to 41\nid: 41\n\n',
        EVENT_STREAM,
      ),
      'application/json': NewerEvents,
    },
    {},
    { parameters: [LAST_ID] },
  )
  async follow(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(TailQuery)) query: ParsedByPipe<TailQuery>,
    @Headers(LAST_EVENT_ID) lastId: string | undefined,
    @Req() request: object,
    @Res({ passthrough: true }) response: StreamedResponse,
  ): Promise<StreamableFile | object> {
    const { after, limit, fields, ...filters } = query;
    if (limit !== undefined) {
      const page = await this.sealed.newer(access, filters, { after, limit });
      if (page.items.length === 0) skipReadRecord(request);
      else noteRead({ access, filters: toRequestParameters(query), ids: page.items.map(({ id }) => id) });
      return selectFields(page, fields);
    }
    skipReadRecord(request);
    const left = new AbortController();
    const raw = toNodeResponse(response);
    raw.once('close', () => left.abort());
    const subject = access.scope === 'subject' ? access.subjectId : undefined;
    const reader = this.audit.currentActor()?.id ?? subject;
    const requested = { access, filters, reader, after: parseLastIndex(lastId) ?? after, signal: left.signal };
    const pages = this.tail.follow(requested);
    const first = await pages.next();
    const shown = this.toReadRecord(access, toRequestParameters(query));
    const show = (event: LedgerEvent): object => pickFields(event, fields);
    const frames = generateFrames(first, pages, show, (count) => shown.add(count));
    const stream = Readable.from(frames, { objectMode: false });
    left.signal.addEventListener('abort', () => stream.destroy(), { once: true });
    if (left.signal.aborted || raw.destroyed) stream.destroy();
    stream.once('close', () => {
      void pages.return(); // ends the tail even if the stream was never read
      shown.end();
    });
    response.header('Cache-Control', 'private, no-store, no-transform'); // compression would delay events and send them in bursts
    raw.shouldKeepAlive = false; // an idle connection would delay the shutdown of the server
    response.header('X-Accel-Buffering', 'no'); // for nginx
    return streamResponse(stream, response, { type: EVENT_STREAM });
  }

  /** This method must run while the request is handled. Otherwise, the recorded event has no actor. */
  private toReadRecord(access: LedgerAccess, filters: Readonly<Record<string, unknown>>): TailOutput {
    const record = AsyncResource.bind(async (shown: number) => {
      const read = describeRead({ access, filters, shown });
      await this.audit.record(LEDGER_READS.viewed, read, { onFailure: 'open' });
    });
    return new TailOutput((shown) => {
      if (!this.options.recordReads) return;
      record(shown).catch((error: unknown) =>
        this.logger.error(`Cannot record that the log was read: ${getErrorMessage(error)}`),
      );
    });
  }
}

function parseLastIndex(lastId: string | undefined): number | undefined {
  if (lastId === undefined || lastId === '') return undefined;
  if (/^(-1|\d{1,15})$/.test(lastId)) return Number(lastId);
  throw new BadRequestException(
    `Cannot follow the ledger: the header ${LAST_EVENT_ID} must be the id of an event of this stream, a whole number.`,
  );
}

const RETRY_MS = 2_000;

/** Server-sent events (WHATWG HTML, section 9.2). Each page ends with a comment, and with the last searched index as `id`. */
async function* generateFrames(
  first: IteratorResult<NewerEvents, void>,
  pages: AsyncIterator<NewerEvents, void, undefined>,
  show: (event: LedgerEvent) => object,
  shown: (count: number) => void,
): AsyncGenerator<string, void, undefined> {
  yield `retry: ${RETRY_MS}\n\n`;
  for (let next = first; next.done !== true; next = await pages.next()) {
    const { items, after } = next.value;
    shown(items.length);
    yield `${items.map((event) => formatFrame(event, show)).join('')}: up to ${after}\nid: ${after}\n\n`;
  }
}

/** A text in JSON contains no line breaks, so one `data:` line is enough. */
function formatFrame(event: LedgerEvent, show: (event: LedgerEvent) => object): string {
  return `id: ${event.index}\ndata: ${JSON.stringify(show(event))}\n\n`;
}
