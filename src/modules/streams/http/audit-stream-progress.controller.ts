import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import type { BegunReplay } from '../manage/replay-stream.js';
import { StreamOperations, type ShownStream } from '../manage/stream-operations.service.js';
import { BEGUN_REPLAY, STREAM, WHY } from './stream-examples.js';
import { Access } from '../../monitoring/http/ledger-access.guard.js';
import {
  BegunReplayView,
  ReplayStreamDto,
  ResumeStreamDto,
  SettledView,
  SettleStreamDto,
  StreamChangeDto,
  StreamView,
} from './stream.dto.js';
import { StreamRequests } from './stream-requests.service.js';
import { ChangesStream, ManagesStreams, placeOf, validationOf } from './stream-route.js';

/** How far streams are: they rest, are resumed, and send again. */
@ManagesStreams()
@Controller('audit/streams')
export class AuditStreamProgressController {
  constructor(
    @Inject(StreamOperations) private readonly streams: StreamOperations,
    @Inject(StreamRequests) private readonly managed: StreamRequests,
  ) {}

  /** Lets it rest; retention does not wait for it meanwhile. */
  @Post(':name/pause')
  @ChangesStream('Pause a stream', StreamChangeDto, WHY)
  @ApiOkResponse({ type: StreamView, example: STREAM })
  async pause(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(StreamChangeDto)) { reason }: StreamChangeDto = {},
  ): Promise<ShownStream> {
    await this.managed.reach(access, name);
    return this.streams.pause(name, this.managed.requester(reason));
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
    await this.managed.reach(access, name);
    return this.streams.resume(name, this.managed.requester(reason), placeOf('from', from));
  }

  @Post(':name/retry')
  @ChangesStream('Send parked events again', SettleStreamDto, { places: [1_204] })
  @ApiOkResponse({ type: SettledView, example: { places: [1_204] } })
  async retry(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(SettleStreamDto)) { reason, places }: SettleStreamDto = {},
  ): Promise<SettledView> {
    await this.managed.reach(access, name);
    return { places: [...(await this.streams.settle(name, 'retried', this.managed.requester(reason), places))] };
  }

  @Post(':name/drop')
  @ChangesStream('Forget parked events', SettleStreamDto, { places: [1_204] })
  @ApiOkResponse({ type: SettledView, example: { places: [1_204] } })
  async drop(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(validationOf(SettleStreamDto)) { reason, places }: SettleStreamDto = {},
  ): Promise<SettledView> {
    await this.managed.reach(access, name);
    return { places: [...(await this.streams.settle(name, 'dropped', this.managed.requester(reason), places))] };
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
    await this.managed.reach(access, name);
    const range = { from: placeOf('from', from), to: placeOf('to', to) };
    return this.streams.replay(name, range, this.managed.requester(reason));
  }
}
