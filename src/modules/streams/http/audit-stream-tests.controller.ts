import { applyDecorators, Body, Controller, HttpCode, HttpStatus, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DescribesRefusals } from '../../monitoring/access/describes-refusals.decorator.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import type { DryRun } from '../manage/dry-run.js';
import { StreamReachError } from '../manage/manage.error.js';
import { StreamOperations } from '../manage/stream-operations.service.js';
import type { TestAnswer } from '../manage/test-stream.js';
import type { ResolvedStream } from '../streams-options.js';
import { DRY_RUN, DRY_RUN_OF, TEST_ANSWER, WHY } from './stream-examples.js';
import { Access } from '../../monitoring/http/ledger-access.guard.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { DryRunDto, DryRunEventsDto, DryRunView, StreamChangeDto, TestAnswerView } from './stream.dto.js';
import { isWithin, StreamRequests } from './stream-requests.service.js';
import { ChangesStream, givenOf, ManagesStreams, placeOf, validationOf } from './stream-route.js';

/** What every dry run has: it is a read of the ledger, and recorded as one. */
function DescribesDryRun(summary: string, body: new () => object, example: object): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    HttpCode(HttpStatus.OK),
    AuditedRead(LEDGER_READS.viewed),
    ApiBody({ type: body, required: body === DryRunDto, examples: { body: { value: example } } }),
    ApiOkResponse({ type: DryRunView, example: DRY_RUN }),
    DescribesRefusals({ 400: 'Each problem of the body.', 415: 'The body is not JSON.' }),
  );
}

/** What a body says of the events, or leaves open. */
type AskedEvents = { readonly [Name in keyof DryRunEventsDto]: DryRunEventsDto[Name] | undefined };

/** Tries streams out. */
@ManagesStreams()
@Controller('audit/streams')
export class AuditStreamTestsController {
  constructor(
    @Inject(StreamOperations) private readonly streams: StreamOperations,
    @Inject(StreamRequests) private readonly managed: StreamRequests,
  ) {}

  /** Sends a signed test event, which the ledger does not have, and answers what the destination answered. */
  @Post(':name/test')
  @ChangesStream('Send a test event', StreamChangeDto, WHY)
  @ApiOkResponse({ type: TestAnswerView, example: TEST_ANSWER })
  async test(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(StreamChangeDto)) { reason }: StreamChangeDto = {},
  ): Promise<TestAnswer> {
    await this.managed.reach(access, name);
    return this.streams.test(name, this.managed.requester(reason));
  }

  /** Maps events as a stream with these options would send them: the bytes, what is left out, what is too large. It sends nothing. */
  @Post('dry-run')
  @DescribesDryRun('Map events without sending them', DryRunDto, DRY_RUN_OF)
  async dryRun(
    @Access() access: LedgerAccess,
    @Req() request: object,
    @Body(validationOf(DryRunDto)) { last, from, to, eventIds, name = 'dry-run', ...options }: DryRunDto,
  ): Promise<DryRun> {
    const stream = this.streams.resolve(givenOf({ ...options, name }));
    return this.map(stream, { last, from, to, eventIds }, access, request);
  }

  /** The same, as this stream would send them. */
  @Post(':name/dry-run')
  @DescribesDryRun('Map events as a stream would send them', DryRunEventsDto, { last: 5 })
  @DescribesRefusals({ 404: 'No stream has this name.', 409: 'The application has another streamSecretsKey.' })
  async dryRunOf(
    @Access() access: LedgerAccess,
    @Req() request: object,
    @Param('name') name: string,
    @Body(validationOf(DryRunEventsDto)) wanted: DryRunEventsDto = {},
  ): Promise<DryRun> {
    await this.managed.reach(access, name);
    return this.map(await this.streams.optionsOf(name), wanted, access, request);
  }

  /** Who may manage streams may not therefore read: the events are those that the caller may read. */
  private async map(
    stream: ResolvedStream,
    { last, from, to, eventIds }: AskedEvents,
    access: LedgerAccess,
    request: object,
  ): Promise<DryRun> {
    const read = await this.managed.readAccess(request);
    if (![access, read].every((each) => isWithin(each, stream.access))) throw StreamReachError.toOthers();
    const wanted = { last, from: placeOf('from', from), to: placeOf('to', to), eventIds };
    const answer = await this.streams.dryRun(stream, wanted, read);
    const shown = answer.events + answer.leftOut.length;
    const filters = givenOf({ ...stream.filter, last, from, to, events: eventIds?.length });
    noteRead({ access: read, filters, shown, more: { stream: stream.name, destination: stream.destination.type } });
    return answer;
  }
}
