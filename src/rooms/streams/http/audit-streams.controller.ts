import {
  Body,
  Delete,
  ForbiddenException,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Patch,
  Post,
  Req,
  applyDecorators,
} from '@nestjs/common';
import type { z } from 'zod';
import { AuditAggregator, Audited } from '../../../audit/index.js';
import {
  ACCESS_OPTIONS,
  parseAccess,
  refusalFor,
  type AccessOptions,
  type LedgerAccess,
} from '../../../monitoring/read/access/ledger-access.js';
import { BodyPipe } from '../../../monitoring/http/request.pipe.js';
import { Access, NeedsPermission } from '../../../monitoring/http/ledger-access.guard.js';
import { ONLY_REFUSALS, AuditedRead, noteRead } from '../../../monitoring/http/record-read.js';
import {
  LedgerController,
  Route,
  type ResponseBody,
} from '../../../monitoring/http/openapi/ledger-controller.decorator.js';
import { pauseStream, replayStream, resumeStream, testStream, settleParked } from '../change-stream.js';
import { GRACE_DAYS, rotateSecret } from '../manage/rotate-secret.js';
import { alterStream, checked } from '../manage/stored-streams.js';
import { StreamOperations, type StreamRequester, type StreamWork } from '../manage/stream-operations.service.js';
import * as dto from '../stream.dto.js';
import type { ResolvedStream } from '../streams-options.js';
import { streamsErrors } from '../streams.errors.js';

const OF_OPTIONS = { 409: 'The stream is defined in the options, or the application cannot decrypt its secrets.' };

const UNKNOWN = { 404: 'No stream has this name.' };

@LedgerController('audit/streams')
@NeedsPermission('streams')
export class AuditStreamsController {
  constructor(
    @Inject(StreamOperations) private readonly streams: StreamOperations,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(ACCESS_OPTIONS) private readonly access: AccessOptions,
  ) {}

  /**
   * Lists the streams from the module's options and the streams made at run time. A caller sees only streams whose events the caller may
   * all read.
   */
  @Get()
  @Route('List streams', dto.StreamList)
  async list(@Access() access: LedgerAccess): Promise<z.infer<typeof dto.StreamList>> {
    return { items: (await this.streams.list()).filter((stream) => isWithin(access, stream.access)) };
  }

  @Get(':name')
  @Route('Show a stream', dto.ShownStream, UNKNOWN)
  show(@Access() access: LedgerAccess, @Param('name') name: string): Promise<dto.ShownStream> {
    return this.find(access, name);
  }

  /** Makes a stream. The leader begins to send the stream within seconds. */
  @Post()
  @Route('Make a stream', dto.ShownStream, {
    409: 'A stream has this name, or the application has no streamSecretsKey.',
  })
  @Audited('audit_stream_change', ONLY_REFUSALS)
  async add(
    @Access() access: LedgerAccess,
    @Body(new BodyPipe(dto.NewStream)) { paused = false, reason, ...options }: z.infer<typeof dto.NewStream>,
  ): Promise<dto.ShownStream> {
    const given = givenOf(options);
    const stream = checked(given);
    checkReach(access, stream);
    await this.streams.add(given, this.requester(reason), paused);
    return this.find(access, stream.name);
  }

  /** Changes options of a stream. A new destination replaces all options and secrets of the old destination. */
  @Patch(':name')
  @ChangesStream('Change a stream that was made at run time', dto.ShownStream, OF_OPTIONS)
  async alter(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.StreamChanges)) { reason, ...changes }: z.infer<typeof dto.StreamChanges>,
  ): Promise<dto.ShownStream> {
    const check = (stream: ResolvedStream): void => checkReach(access, stream);
    await this.change(access, name, reason, (session, maker) =>
      alterStream(session, name, givenOf(changes), maker, check),
    );
    return this.find(access, name);
  }

  @Delete(':name')
  @Route('Remove a stream that was made at run time', undefined, {
    ...UNKNOWN,
    409: 'The stream is defined in the options.',
  })
  @Audited('audit_stream_change', ONLY_REFUSALS)
  @HttpCode(HttpStatus.NO_CONTENT)
  async remove(@Access() access: LedgerAccess, @Param('name') name: string): Promise<void> {
    await this.find(access, name);
    await this.streams.remove(name, this.requester());
  }

  /** Sets a new secret, which signs the requests. During the grace period, the old secret signs, too. */
  @Post(':name/rotate-secret')
  @ChangesStream('Rotate the secret of a webhook', dto.RotatedSecret, OF_OPTIONS)
  async rotate(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.NewSecret)) { reason, secret, graceDays = GRACE_DAYS }: z.infer<typeof dto.NewSecret>,
  ): Promise<dto.RotatedSecret> {
    const until = await this.change(access, name, reason, (session, maker) =>
      rotateSecret(session, name, secret, graceDays, maker),
    );
    return { oldSecretUntil: until.toISOString() };
  }

  /** Pauses a stream. Retention may delete events that a paused stream has not sent. */
  @Post(':name/pause')
  @ChangesStream('Pause a stream', dto.ShownStream)
  async pause(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.StreamChange)) { reason }: z.infer<typeof dto.StreamChange>,
  ): Promise<dto.ShownStream> {
    await this.change(access, name, reason, (session, maker) => pauseStream(session, name, maker));
    return this.find(access, name);
  }

  /** Resumes a stream from its position, or from a sequence number or a time. */
  @Post(':name/resume')
  @ChangesStream('Resume a stream', dto.ShownStream)
  async resume(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.ResumedStream)) { reason, from }: z.infer<typeof dto.ResumedStream>,
  ): Promise<dto.ShownStream> {
    await this.change(access, name, reason, (session, maker) => resumeStream(session, name, maker, placeOf(from)));
    return this.find(access, name);
  }

  @Post(':name/retry')
  @ChangesStream('Send parked events again', dto.Places)
  retry(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.ParkedPlaces)) parked: z.infer<typeof dto.ParkedPlaces>,
  ): Promise<dto.Places> {
    return this.settle(access, name, 'retried', parked);
  }

  @Post(':name/drop')
  @ChangesStream('Forget parked events', dto.Places)
  drop(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.ParkedPlaces)) parked: z.infer<typeof dto.ParkedPlaces>,
  ): Promise<dto.Places> {
    return this.settle(access, name, 'dropped', parked);
  }

  /** Sends a range of events again, beside the live stream. The stream's `replays` show the progress. */
  @Post(':name/replay')
  @ChangesStream('Send a range again', dto.BegunReplay)
  replay(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.NewReplay)) { reason, from, to }: z.infer<typeof dto.NewReplay>,
  ): Promise<dto.BegunReplay> {
    const range = { from: placeOf(from), to: placeOf(to) };
    return this.change(access, name, reason, (session, maker) => replayStream(session, name, range, maker));
  }

  /** Sends a signed test event, and returns the destination's answer. The ledger does not store the test event. */
  @Post(':name/test')
  @ChangesStream('Send a test event', dto.TestResult)
  test(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.StreamChange)) { reason }: z.infer<typeof dto.StreamChange>,
  ): Promise<dto.TestResult> {
    return this.change(access, name, reason, (session, maker, notice) => testStream(session, name, maker, notice));
  }

  /** Shows the messages that a stream with these options would send, and the events that would be left out. Nothing is sent. */
  @Post('dry-run')
  @Route('Map events without sending them', dto.DryRun)
  @HttpCode(HttpStatus.OK)
  @AuditedRead('viewed')
  dryRun(
    @Access() access: LedgerAccess,
    @Req() request: object,
    @Body(new BodyPipe(dto.NewDryRun))
    { last, from, to, eventIds, name = 'dry-run', ...options }: z.infer<typeof dto.NewDryRun>,
  ): Promise<dto.DryRun> {
    return this.map(checked(givenOf({ ...options, name })), { last, from, to, eventIds }, access, request);
  }

  @Post(':name/dry-run')
  @Route('Map events as a stream would send them', dto.DryRun, {
    ...UNKNOWN,
    409: 'The application cannot decrypt the secrets of the stream.',
  })
  @HttpCode(HttpStatus.OK)
  @AuditedRead('viewed')
  async dryRunOf(
    @Access() access: LedgerAccess,
    @Req() request: object,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.DryRunEvents)) wanted: z.infer<typeof dto.DryRunEvents>,
  ): Promise<dto.DryRun> {
    await this.find(access, name);
    return this.map(await this.streams.optionsOf(name), wanted, access, request);
  }

  /** A stream that the caller may not see counts as unknown. */
  private async find(access: LedgerAccess, name: string): Promise<dto.ShownStream> {
    const found = (await this.streams.list()).find((each) => each.name === name && isWithin(access, each.access));
    if (!found) throw streamsErrors.AUDIT_NOT_FOUND(name);
    return found;
  }

  private async change<Result>(
    access: LedgerAccess,
    name: string,
    reason: string | undefined,
    work: StreamWork<Result>,
  ): Promise<Result> {
    await this.find(access, name);
    return this.streams.change(this.requester(reason), work);
  }

  private async settle(
    access: LedgerAccess,
    name: string,
    settle: 'retried' | 'dropped',
    { reason, places }: z.infer<typeof dto.ParkedPlaces>,
  ): Promise<dto.Places> {
    const settled = await this.change(access, name, reason, (session, maker) =>
      settleParked(session, name, settle, maker, places),
    );
    return { places: settled };
  }

  private requester(reason?: string): StreamRequester {
    const { type = 'user', id } = this.aggregator.currentActor() ?? {};
    return { actor: { type, ...(id === undefined ? {} : { id: String(id) }) }, reason };
  }

  /** The right to manage streams does not include the right to read events, so the caller needs both rights. */
  private async map(
    stream: ResolvedStream,
    { last, from, to, eventIds }: dto.DryRunEvents,
    access: LedgerAccess,
    request: object,
  ): Promise<dto.DryRun> {
    const read = parseAccess(await this.access.authorize(request, 'read'));
    if (!read) throw new ForbiddenException(refusalFor('read'));
    if (![access, read].every((each) => isWithin(each, stream.access)))
      throw streamsErrors.AUDIT_ACCESS_DENIED('others');
    const wanted = { last, from: placeOf(from), to: placeOf(to), eventIds };
    const result = await this.streams.dryRun(stream, wanted, read);
    const shown = result.events + result.leftOut.length;
    const filters = givenOf({ ...stream.filter, last, from, to, events: eventIds?.length });
    noteRead({ access: read, filters, shown, more: { stream: stream.name, destination: stream.destination.type } });
    return result;
  }
}

function ChangesStream(summary: string, response: ResponseBody, others = {}): MethodDecorator {
  return applyDecorators(
    Route(summary, response, { ...UNKNOWN, ...others }),
    HttpCode(HttpStatus.OK),
    Audited('audit_stream_change', ONLY_REFUSALS),
  );
}

function givenOf(body: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

/** Returns a sequence number unchanged, and an RFC 3339 time as a `Date`. */
function placeOf(given: number | string | undefined): number | Date | undefined {
  return typeof given === 'string' ? new Date(given) : given;
}

/** Returns whether a caller's access includes all events that a stream may send. */
function isWithin(access: LedgerAccess, ofStream: LedgerAccess): boolean {
  if (access.scope === 'all') return true;
  if (access.scope !== 'tenants' || ofStream.scope !== 'tenants') return false;
  return ofStream.tenantIds.length > 0 && ofStream.tenantIds.every((tenant) => access.tenantIds.includes(tenant));
}

/**
 * Refuses streams that exceed the caller's rights. No request may make the server write files, and only a caller with access to all events may reach
 * the operator's private network.
 *
 * @throws `AUDIT_ACCESS_DENIED`
 */
function checkReach(access: LedgerAccess, { access: ofStream, destination }: ResolvedStream): void {
  if (destination.type === 'file') throw streamsErrors.AUDIT_ACCESS_DENIED('files');
  if (!isWithin(access, ofStream)) throw streamsErrors.AUDIT_ACCESS_DENIED('others');
  if (access.scope !== 'all' && 'allowPrivateAddresses' in destination && destination.allowPrivateAddresses) {
    throw streamsErrors.AUDIT_ACCESS_DENIED('addresses');
  }
}
