import {
  applyDecorators,
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Patch,
  Post,
  UseFilters,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { AuditAggregator, Audited } from '../../../audit/index.js';
import { DescribesLedger, DescribesRefusals } from '../access/describes-refusals.decorator.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import type { BegunReplay } from '../streams/manage/replay-stream.js';
import { GRACE_DAYS } from '../streams/manage/rotate-secret.js';
import {
  StreamOperations,
  type ShownStream,
  type StreamRequester,
} from '../streams/manage/stream-operations.service.js';
import type { TestAnswer } from '../streams/manage/test-stream.js';
import type { ResolvedStream } from '../streams/streams-options.js';
import { StreamReachError } from '../streams/manage/manage.error.js';
import { StreamUnknownError } from '../streams/streams.error.js';
import { BEGUN_REPLAY, NEW_STREAM, ROTATED, ROTATION, STREAM, TEST_ANSWER } from './examples/stream-examples.js';
import { Access, LedgerAccessGuard, NeedsPermission } from './ledger-access.guard.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import { ONLY_REFUSALS } from './only-refusals.js';
import { StreamErrorsFilter } from './stream-errors.filter.js';
import {
  BegunReplayView,
  ReplayStreamDto,
  ResumeStreamDto,
  RotatedView,
  RotateSecretDto,
  SettledView,
  SettleStreamDto,
  StreamChangeDto,
  StreamChangesDto,
  StreamDto,
  StreamList,
  StreamView,
  TestAnswerView,
} from './stream.dto.js';

function validationOf(expectedType: new () => object): ValidationPipe {
  return new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true, expectedType });
}

/** What every route that changes one stream has. */
function ChangesStream(summary: string, body: new () => object, example: object): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    HttpCode(HttpStatus.OK),
    Audited('audit_stream_change', ONLY_REFUSALS),
    ApiBody({ type: body, required: false, examples: { body: { value: example } } }),
    DescribesRefusals({
      400: 'Each problem of the body.',
      404: 'No stream has this name.',
      415: 'The body is not JSON.',
    }),
  );
}

const WHY = { reason: 'The SIEM moves' };

/** Streams, for those whom the application authorises to manage them. */
@DescribesLedger('streams')
@Controller('audit/streams')
@NeedsPermission('streams')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter, StreamErrorsFilter)
export class AuditStreamsController {
  constructor(
    @Inject(StreamOperations) private readonly streams: StreamOperations,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** The streams of the options and those made at run time, as far as the caller may see all that they may send. */
  @Get()
  @ApiOperation({ summary: 'List streams' })
  @ApiOkResponse({ type: StreamList, example: { items: [STREAM] } })
  async list(@Access() access: LedgerAccess): Promise<{ readonly items: readonly ShownStream[] }> {
    return { items: (await this.streams.list()).filter((stream) => isWithin(access, stream.access)) };
  }

  @Get(':name')
  @ApiOperation({ summary: 'Show a stream' })
  @ApiOkResponse({ type: StreamView, example: STREAM })
  @DescribesRefusals({ 404: 'No stream has this name.' })
  async show(@Access() access: LedgerAccess, @Param('name') name: string): Promise<ShownStream> {
    return this.reach(access, name);
  }

  /** Makes a stream: the leader of the instances sends it within seconds. */
  @Post()
  @ApiOperation({ summary: 'Make a stream' })
  @Audited('audit_stream_change', ONLY_REFUSALS)
  @ApiBody({ type: StreamDto, examples: { stream: { value: NEW_STREAM } } })
  @ApiCreatedResponse({ type: StreamView, example: STREAM })
  @DescribesRefusals({
    400: 'Each problem of the body.',
    409: 'A stream has this name, or the application has no streamSecretsKey.',
    415: 'The body is not JSON.',
  })
  async add(
    @Access() access: LedgerAccess,
    @Body(validationOf(StreamDto)) { paused = false, reason, ...options }: StreamDto,
  ): Promise<ShownStream> {
    const given = givenOf(options);
    checkReach(access, this.streams.resolve(given));
    return this.streams.add(given, this.requester(reason), paused);
  }

  /** Changes options. A destination that is given replaces the whole one, with its secrets. */
  @Patch(':name')
  @ChangesStream('Change a stream that was made at run time', StreamChangesDto, { filter: { severity: ['critical'] } })
  @ApiOkResponse({ type: StreamView, example: STREAM })
  @DescribesRefusals({ 409: 'The stream is one of the options, or the application has another streamSecretsKey.' })
  async alter(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(StreamChangesDto)) { reason, ...changes }: StreamChangesDto = {},
  ): Promise<ShownStream> {
    await this.reach(access, name);
    return this.streams.alter(name, givenOf(changes), this.requester(reason), (stream) => {
      checkReach(access, stream);
    });
  }

  @Delete(':name')
  @ApiOperation({ summary: 'Remove a stream that was made at run time' })
  @Audited('audit_stream_change', ONLY_REFUSALS)
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse()
  @DescribesRefusals({ 404: 'No stream has this name.', 409: 'The stream is one of the options.' })
  async remove(@Access() access: LedgerAccess, @Param('name') name: string): Promise<void> {
    await this.reach(access, name);
    await this.streams.remove(name, this.requester());
  }

  /** Lets it rest; retention does not wait for it meanwhile. */
  @Post(':name/pause')
  @ChangesStream('Pause a stream', StreamChangeDto, WHY)
  @ApiOkResponse({ type: StreamView, example: STREAM })
  async pause(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(StreamChangeDto)) { reason }: StreamChangeDto = {},
  ): Promise<ShownStream> {
    await this.reach(access, name);
    return this.streams.pause(name, this.requester(reason));
  }

  /** Sends it again, from where it is or from a place. */
  @Post(':name/resume')
  @ChangesStream('Resume a stream', ResumeStreamDto, { from: 1_200 })
  @ApiOkResponse({ type: StreamView, example: STREAM })
  async resume(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(ResumeStreamDto)) { reason, from }: ResumeStreamDto = {},
  ): Promise<ShownStream> {
    await this.reach(access, name);
    return this.streams.resume(name, this.requester(reason), placeOf('from', from));
  }

  @Post(':name/retry')
  @ChangesStream('Send parked events again', SettleStreamDto, { places: [1_204] })
  @ApiOkResponse({ type: SettledView, example: { places: [1_204] } })
  async retry(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(SettleStreamDto)) { reason, places }: SettleStreamDto = {},
  ): Promise<SettledView> {
    await this.reach(access, name);
    return { places: [...(await this.streams.settle(name, 'retried', this.requester(reason), places))] };
  }

  @Post(':name/drop')
  @ChangesStream('Forget parked events', SettleStreamDto, { places: [1_204] })
  @ApiOkResponse({ type: SettledView, example: { places: [1_204] } })
  async drop(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(SettleStreamDto)) { reason, places }: SettleStreamDto = {},
  ): Promise<SettledView> {
    await this.reach(access, name);
    return { places: [...(await this.streams.settle(name, 'dropped', this.requester(reason), places))] };
  }

  /** Sends a signed test event, which the ledger does not have, and answers what the destination answered. */
  @Post(':name/test')
  @ChangesStream('Send a test event', StreamChangeDto, WHY)
  @ApiOkResponse({ type: TestAnswerView, example: TEST_ANSWER })
  async test(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(StreamChangeDto)) { reason }: StreamChangeDto = {},
  ): Promise<TestAnswer> {
    await this.reach(access, name);
    return this.streams.test(name, this.requester(reason));
  }

  /** Sends a range again, beside the live stream. Its progress is in the stream's `replays`. */
  @Post(':name/replay')
  @ChangesStream('Send a range again', ReplayStreamDto, { from: 0, to: 499 })
  @ApiOkResponse({ type: BegunReplayView, example: BEGUN_REPLAY })
  async replay(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(ReplayStreamDto)) { reason, from, to }: ReplayStreamDto = {},
  ): Promise<BegunReplay> {
    await this.reach(access, name);
    const range = { from: placeOf('from', from), to: placeOf('to', to) };
    return this.streams.replay(name, range, this.requester(reason));
  }

  /** Signs with a new secret, and for the days of grace with the older one, too. */
  @Post(':name/rotate-secret')
  @ChangesStream('Rotate the secret of a webhook', RotateSecretDto, ROTATION)
  @ApiOkResponse({ type: RotatedView, example: ROTATED })
  @DescribesRefusals({ 409: 'The stream is one of the options, or the application has another streamSecretsKey.' })
  async rotate(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(RotateSecretDto)) { reason, secret, graceDays = GRACE_DAYS }: RotateSecretDto,
  ): Promise<RotatedView> {
    await this.reach(access, name);
    const until = await this.streams.rotate(name, secret, graceDays, this.requester(reason));
    return { oldSecretUntil: until.toISOString() };
  }

  /** A stream that the caller may see. Others do not exist for them. */
  private async reach(access: LedgerAccess, name: string): Promise<ShownStream> {
    const stream = await this.streams.find(name);
    if (!isWithin(access, stream.access)) throw new StreamUnknownError(name);
    return stream;
  }

  /** As events of the request have the actor, without a name. */
  private requester(reason?: string): StreamRequester {
    const { type = 'user', id } = this.aggregator.currentActor() ?? {};
    return { actor: { type, ...(id === undefined ? {} : { id: String(id) }) }, reason };
  }
}

/** Whether somebody may see every event that a stream may. */
function isWithin(access: LedgerAccess, ofStream: LedgerAccess): boolean {
  if (access.scope === 'all') return true;
  if (access.scope !== 'tenants' || ofStream.scope !== 'tenants') return false;
  return ofStream.tenantIds.length > 0 && ofStream.tenantIds.every((tenant) => access.tenantIds.includes(tenant));
}

/**
 * Nobody writes files of the server by a request, and somebody of a tenant reaches no server of the operator's network.
 *
 * @throws StreamReachError (`AUDIT_STREAM_REACH`)
 */
function checkReach(access: LedgerAccess, { access: ofStream, destination }: ResolvedStream): void {
  if (destination.type === 'file') throw StreamReachError.toFile();
  if (!isWithin(access, ofStream)) throw StreamReachError.toOthers();
  if (access.scope !== 'all' && 'allowPrivateAddresses' in destination && destination.allowPrivateAddresses) {
    throw StreamReachError.toPrivateAddresses();
  }
}

/** Without what the body does not name. */
function givenOf(body: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

function placeOf(name: string, given: unknown): number | Date | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= 0) return given;
  if (typeof given === 'string' && !Number.isNaN(Date.parse(given))) return new Date(given);
  throw new BadRequestException(`${name} must be a place, such as 1200, or an RFC 3339 time.`);
}
