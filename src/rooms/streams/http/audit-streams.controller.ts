import { Body, Get, HttpCode, HttpStatus, Inject, Param, Post, applyDecorators } from '@nestjs/common';
import type { z } from 'zod';
import { AuditAggregator, Audited } from '../../../audit/index.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { BodyPipe } from '../../../monitoring/http/request.pipe.js';
import { Access, NeedsPermission } from '../../../monitoring/http/ledger-access.guard.js';
import { ONLY_REFUSALS } from '../../../monitoring/http/record-read.js';
import {
  LedgerController,
  Route,
  type ResponseBody,
} from '../../../monitoring/http/openapi/ledger-controller.decorator.js';
import { pauseStream, replayStream, resumeStream, settleParked } from '../change-stream.js';
import { StreamOperations, type StreamWork } from '../manage/stream-operations.service.js';
import * as dto from '../stream.dto.js';
import { streamsErrors } from '../streams.errors.js';

const UNKNOWN = { 404: 'No stream has this name.' };

@LedgerController('audit/streams')
@NeedsPermission('consumers')
export class AuditStreamsController {
  constructor(
    @Inject(StreamOperations) private readonly streams: StreamOperations,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** Lists the streams. A caller sees only streams whose events the caller may all read. */
  @Get()
  @Route('List streams', dto.StreamList)
  async list(@Access() access: LedgerAccess): Promise<z.infer<typeof dto.StreamList>> {
    return { items: (await this.streams.list()).filter((stream) => isWithin(access, stream.access)) };
  }

  @Get(':name')
  @Route('Show a stream', dto.StreamReport, UNKNOWN)
  show(@Access() access: LedgerAccess, @Param('name') name: string): Promise<dto.StreamReport> {
    return this.find(access, name);
  }

  /** Pauses a stream. Retention may delete events that a paused stream has not sent. */
  @Post(':name/pause')
  @ChangesStream('Pause a stream', dto.StreamReport)
  async pause(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.StreamChange)) { reason }: z.infer<typeof dto.StreamChange>,
  ): Promise<dto.StreamReport> {
    await this.change(access, name, reason, (session, operator) => pauseStream(session, name, operator));
    return this.find(access, name);
  }

  /** Resumes a stream from its position, or from a sequence number or a time. */
  @Post(':name/resume')
  @ChangesStream('Resume a stream', dto.StreamReport)
  async resume(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.ResumedStream)) { reason, from }: z.infer<typeof dto.ResumedStream>,
  ): Promise<dto.StreamReport> {
    await this.change(access, name, reason, (session, operator) =>
      resumeStream(session, name, operator, placeOf(from)),
    );
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
    return this.change(access, name, reason, (session, operator) => replayStream(session, name, range, operator));
  }

  /** A stream that the caller may not see counts as unknown. */
  private async find(access: LedgerAccess, name: string): Promise<dto.StreamReport> {
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
    const { type = 'user', id } = this.aggregator.currentActor() ?? {};
    return this.streams.change({ actor: { type, ...(id === undefined ? {} : { id: String(id) }) }, reason }, work);
  }

  private async settle(
    access: LedgerAccess,
    name: string,
    settle: 'retried' | 'dropped',
    { reason, places }: z.infer<typeof dto.ParkedPlaces>,
  ): Promise<dto.Places> {
    const settled = await this.change(access, name, reason, (session, operator) =>
      settleParked(session, name, settle, operator, places),
    );
    return { places: settled };
  }
}

function ChangesStream(summary: string, response: ResponseBody): MethodDecorator {
  return applyDecorators(
    Route(summary, response, UNKNOWN),
    HttpCode(HttpStatus.OK),
    Audited('audit_stream_change', ONLY_REFUSALS),
  );
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
