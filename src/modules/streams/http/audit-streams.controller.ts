import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Patch, Post } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Audited } from '../../../audit/index.js';
import { DescribesRefusals } from '../../monitoring/access/describes-refusals.decorator.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { GRACE_DAYS } from '../manage/rotate-secret.js';
import { StreamOperations, type ShownStream } from '../manage/stream-operations.service.js';
import { NEW_STREAM, ROTATED, ROTATION, STREAM } from './stream-examples.js';
import { Access } from '../../monitoring/http/ledger-access.guard.js';
import { ONLY_REFUSALS } from '../../monitoring/http/only-refusals.js';
import { RotatedView, RotateSecretDto, StreamChangesDto, StreamDto, StreamList, StreamView } from './stream.dto.js';
import { checkReach, isWithin, StreamRequests } from './stream-requests.service.js';
import { ChangesStream, givenOf, ManagesStreams, validationOf } from './stream-route.js';

/** Streams, for those whom the application authorises to manage them: what they are. */
@ManagesStreams()
@Controller('audit/streams')
export class AuditStreamsController {
  constructor(
    @Inject(StreamOperations) private readonly streams: StreamOperations,
    @Inject(StreamRequests) private readonly managed: StreamRequests,
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
    return this.managed.reach(access, name);
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
    return this.streams.add(given, this.managed.requester(reason), paused);
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
    await this.managed.reach(access, name);
    return this.streams.alter(name, givenOf(changes), this.managed.requester(reason), (stream) => {
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
    await this.managed.reach(access, name);
    await this.streams.remove(name, this.managed.requester());
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
    await this.managed.reach(access, name);
    const until = await this.streams.rotate(name, secret, graceDays, this.managed.requester(reason));
    return { oldSecretUntil: until.toISOString() };
  }
}
