import { Body, HttpCode, HttpStatus, Inject, Param, Post, Req } from '@nestjs/common';
import type { z } from 'zod';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import { StreamReachError } from '../manage/manage.error.js';
import { StreamOperations } from '../manage/stream-operations.service.js';
import type { ResolvedStream } from '../streams-options.js';
import { Access } from '../../monitoring/http/ledger-access.guard.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { DryRun, DryRunEvents, NewDryRun, StreamChange, TestAnswer } from '../stream.dto.js';
import { isWithin, StreamRequests } from './stream-requests.service.js';
import { ChangesStream, givenOf, ManagesStreams, placeOf, UNKNOWN } from './stream-route.js';
import { BodyPipe } from '../../monitoring/http/body.pipe.js';
import { Route } from '../../monitoring/http/openapi/route.decorator.js';

/** Tries streams out. */
@ManagesStreams()
export class AuditStreamTestsController {
  constructor(
    @Inject(StreamOperations) private readonly streams: StreamOperations,
    @Inject(StreamRequests) private readonly managed: StreamRequests,
  ) {}

  /** Sends a signed test event, which the ledger does not have, and returns the destination's answer. */
  @Post(':name/test')
  @ChangesStream('Send a test event', TestAnswer)
  async test(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(StreamChange)) { reason }: z.infer<typeof StreamChange>,
  ): Promise<TestAnswer> {
    await this.managed.reach(access, name);
    return this.streams.test(name, this.managed.requester(reason));
  }

  /**
   * Shows how a stream with these options would send events: the bytes, the omitted events, and the events that are too large. It sends
   * nothing.
   */
  @Post('dry-run')
  @Route('Map events without sending them', DryRun)
  @HttpCode(HttpStatus.OK)
  @AuditedRead(LEDGER_READS.viewed)
  async dryRun(
    @Access() access: LedgerAccess,
    @Req() request: object,
    @Body(new BodyPipe(NewDryRun))
    { last, from, to, eventIds, name = 'dry-run', ...options }: z.infer<typeof NewDryRun>,
  ): Promise<DryRun> {
    const stream = this.streams.resolve(givenOf({ ...options, name }));
    return this.map(stream, { last, from, to, eventIds }, access, request);
  }

  /** Shows how this stream would send events, without sending them. */
  @Post(':name/dry-run')
  @Route('Map events as a stream would send them', DryRun, {
    ...UNKNOWN,
    409: 'The application has another streamSecretsKey.',
  })
  @HttpCode(HttpStatus.OK)
  @AuditedRead(LEDGER_READS.viewed)
  async dryRunOf(
    @Access() access: LedgerAccess,
    @Req() request: object,
    @Param('name') name: string,
    @Body(new BodyPipe(DryRunEvents)) wanted: z.infer<typeof DryRunEvents>,
  ): Promise<DryRun> {
    await this.managed.reach(access, name);
    return this.map(await this.streams.optionsOf(name), wanted, access, request);
  }

  /** Managing streams does not imply reading: only events that the caller may read are mapped. */
  private async map(
    stream: ResolvedStream,
    { last, from, to, eventIds }: DryRunEvents,
    access: LedgerAccess,
    request: object,
  ): Promise<DryRun> {
    const read = await this.managed.readAccess(request);
    if (![access, read].every((each) => isWithin(each, stream.access))) throw StreamReachError.toOthers();
    const wanted = { last, from: placeOf(from), to: placeOf(to), eventIds };
    const answer = await this.streams.dryRun(stream, wanted, read);
    const shown = answer.events + answer.leftOut.length;
    const filters = givenOf({ ...stream.filter, last, from, to, events: eventIds?.length });
    noteRead({ access: read, filters, shown, more: { stream: stream.name, destination: stream.destination.type } });
    return answer;
  }
}
