import { Body, Delete, Get, HttpCode, HttpStatus, Inject, Param, Patch, Post } from '@nestjs/common';
import type { z } from 'zod';
import { Audited } from '../../../audit/index.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { GRACE_DAYS } from '../manage/rotate-secret.js';
import { StreamOperations } from '../manage/stream-operations.service.js';
import { Access } from '../../monitoring/http/ledger-access.guard.js';
import { ONLY_REFUSALS } from '../../monitoring/http/only-refusals.js';
import { NewSecret, NewStream, RotatedSecret, ShownStream, StreamChanges, StreamList } from '../stream.dto.js';
import { checkReach, isWithin, StreamRequests } from './stream-requests.service.js';
import { ChangesStream, givenOf, ManagesStreams, UNKNOWN } from './stream-route.js';
import { BodyPipe } from '../../monitoring/http/body.pipe.js';
import { Route } from '../../monitoring/http/openapi/route.decorator.js';

const OF_OPTIONS = { 409: 'The stream is one of the options, or the application has another streamSecretsKey.' };

/** Serves streams and their options, to callers whom the application authorises to manage them. */
@ManagesStreams()
export class AuditStreamsController {
  constructor(
    @Inject(StreamOperations) private readonly streams: StreamOperations,
    @Inject(StreamRequests) private readonly managed: StreamRequests,
  ) {}

  /** The streams of the options and those made at run time, if the caller may see everything that they may send. */
  @Get()
  @Route('List streams', StreamList)
  async list(@Access() access: LedgerAccess): Promise<z.infer<typeof StreamList>> {
    return { items: (await this.streams.list()).filter((stream) => isWithin(access, stream.access)) };
  }

  @Get(':name')
  @Route('Show a stream', ShownStream, UNKNOWN)
  async show(@Access() access: LedgerAccess, @Param('name') name: string): Promise<ShownStream> {
    return this.managed.reach(access, name);
  }

  /** Makes a stream; the leading instance begins to send it within seconds. */
  @Post()
  @Route('Make a stream', ShownStream, { 409: 'A stream has this name, or the application has no streamSecretsKey.' })
  @Audited('audit_stream_change', ONLY_REFUSALS)
  async add(
    @Access() access: LedgerAccess,
    @Body(new BodyPipe(NewStream)) { paused = false, reason, ...options }: z.infer<typeof NewStream>,
  ): Promise<ShownStream> {
    const given = givenOf(options);
    checkReach(access, this.streams.resolve(given));
    return this.streams.add(given, this.managed.requester(reason), paused);
  }

  /** Changes options. A given destination replaces the former one as a whole, with its secrets. */
  @Patch(':name')
  @ChangesStream('Change a stream that was made at run time', ShownStream, OF_OPTIONS)
  async alter(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(StreamChanges)) { reason, ...changes }: z.infer<typeof StreamChanges>,
  ): Promise<ShownStream> {
    await this.managed.reach(access, name);
    return this.streams.alter(name, givenOf(changes), this.managed.requester(reason), (stream) => {
      checkReach(access, stream);
    });
  }

  @Delete(':name')
  @Route('Remove a stream that was made at run time', undefined, {
    ...UNKNOWN,
    409: 'The stream is one of the options.',
  })
  @Audited('audit_stream_change', ONLY_REFUSALS)
  @HttpCode(HttpStatus.NO_CONTENT)
  async remove(@Access() access: LedgerAccess, @Param('name') name: string): Promise<void> {
    await this.managed.reach(access, name);
    await this.streams.remove(name, this.managed.requester());
  }

  /** Signs with a new secret, and during the days of grace also with the old one. */
  @Post(':name/rotate-secret')
  @ChangesStream('Rotate the secret of a webhook', RotatedSecret, OF_OPTIONS)
  async rotate(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(NewSecret)) { reason, secret, graceDays = GRACE_DAYS }: z.infer<typeof NewSecret>,
  ): Promise<RotatedSecret> {
    await this.managed.reach(access, name);
    const until = await this.streams.rotate(name, secret, graceDays, this.managed.requester(reason));
    return { oldSecretUntil: until.toISOString() };
  }
}
