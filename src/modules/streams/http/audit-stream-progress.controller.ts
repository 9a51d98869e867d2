import { Body, Inject, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { StreamOperations } from '../manage/stream-operations.service.js';
import { Access } from '../../monitoring/http/ledger-access.guard.js';
import {
  BegunReplay,
  NewReplay,
  ParkedPlaces,
  Places,
  ResumedStream,
  ShownStream,
  StreamChange,
} from '../stream.dto.js';
import { StreamRequests } from './stream-requests.service.js';
import { ChangesStream, ManagesStreams, placeOf } from './stream-route.js';
import { BodyPipe } from '../../monitoring/http/body.pipe.js';

/** Controls the progress of streams: pauses, resumes and replays them. */
@ManagesStreams()
export class AuditStreamProgressController {
  constructor(
    @Inject(StreamOperations) private readonly streams: StreamOperations,
    @Inject(StreamRequests) private readonly managed: StreamRequests,
  ) {}

  /** Pauses a stream; retention does not wait for it meanwhile. */
  @Post(':name/pause')
  @ChangesStream('Pause a stream', ShownStream)
  async pause(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(StreamChange)) { reason }: z.infer<typeof StreamChange>,
  ): Promise<ShownStream> {
    await this.managed.reach(access, name);
    return this.streams.pause(name, this.managed.requester(reason));
  }

  /** Resumes a stream, from its position or from a given place. */
  @Post(':name/resume')
  @ChangesStream('Resume a stream', ShownStream)
  async resume(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(ResumedStream)) { reason, from }: z.infer<typeof ResumedStream>,
  ): Promise<ShownStream> {
    await this.managed.reach(access, name);
    return this.streams.resume(name, this.managed.requester(reason), placeOf(from));
  }

  @Post(':name/retry')
  @ChangesStream('Send parked events again', Places)
  async retry(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(ParkedPlaces)) { reason, places }: z.infer<typeof ParkedPlaces>,
  ): Promise<Places> {
    await this.managed.reach(access, name);
    return { places: await this.streams.settle(name, 'retried', this.managed.requester(reason), places) };
  }

  @Post(':name/drop')
  @ChangesStream('Forget parked events', Places)
  async drop(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(ParkedPlaces)) { reason, places }: z.infer<typeof ParkedPlaces>,
  ): Promise<Places> {
    await this.managed.reach(access, name);
    return { places: await this.streams.settle(name, 'dropped', this.managed.requester(reason), places) };
  }

  /** Sends a range again, beside the live stream. Its progress is in the stream's `replays`. */
  @Post(':name/replay')
  @ChangesStream('Send a range again', BegunReplay)
  async replay(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(NewReplay)) { reason, from, to }: z.infer<typeof NewReplay>,
  ): Promise<BegunReplay> {
    await this.managed.reach(access, name);
    const range = { from: placeOf(from), to: placeOf(to) };
    return this.streams.replay(name, range, this.managed.requester(reason));
  }
}
