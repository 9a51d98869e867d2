import { Body, Get, HttpCode, HttpStatus, Inject, Param, Post, applyDecorators } from '@nestjs/common';
import type { z } from 'zod';
import { AuditAggregator, Audited } from '../../audit/index.js';
import {
  pauseConsumer,
  replayConsumer,
  resumeConsumer,
  settleParked,
  type ConsumerOperator,
} from '../consumers/change-consumer.js';
import * as dto from '../consumers/consumer.dto.js';
import { consumerErrors } from '../consumers/consumers.errors.js';
import { LogConsumers } from '../consumers/log-consumers.service.js';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { parseEndTime, parseTime } from '../read/query/query-times.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { Access, NeedsPermission } from './ledger-access.guard.js';
import { LedgerController, Route, type ResponseBody } from './openapi/ledger-controller.decorator.js';
import { RECORD_ONLY_FAILURES } from './record-read.js';
import { BodyPipe } from './request.pipe.js';

const UNKNOWN = { 404: 'No consumer has this name.' };

@LedgerController('audit/consumers')
@NeedsPermission('consumers')
export class AuditConsumersController {
  constructor(
    @Inject(LogConsumers) private readonly consumers: LogConsumers,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** Lists the consumers. A caller sees only consumers whose events the caller may all read. */
  @Get()
  @Route('List consumers', dto.ConsumerList)
  async list(@Access() access: LedgerAccess): Promise<z.infer<typeof dto.ConsumerList>> {
    const reports = await this.consumers.reports();
    return { items: reports.filter(({ name }) => isAccessWithin(access, this.consumers.getAccess(name))) };
  }

  @Get(':name')
  @Route('Show a consumer', dto.ConsumerReport, UNKNOWN)
  async show(@Access() access: LedgerAccess, @Param('name') name: string): Promise<dto.ConsumerReport> {
    const found = (await this.list(access)).items.find((each) => each.name === name);
    if (!found) throw consumerErrors.AUDIT_NOT_FOUND(name);
    return found;
  }

  /** Pauses a consumer. Retention may delete events that a paused consumer has not handled. */
  @Post(':name/pause')
  @ChangesConsumer('Pause a consumer', dto.ConsumerReport)
  async pause(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.ConsumerChange)) { reason }: z.infer<typeof dto.ConsumerChange>,
  ): Promise<dto.ConsumerReport> {
    await this.change(access, name, reason, (session, operator) => pauseConsumer(session, name, operator));
    return this.show(access, name);
  }

  /** Resumes a consumer from its position, or from a sequence number or a time. */
  @Post(':name/resume')
  @ChangesConsumer('Resume a consumer', dto.ConsumerReport)
  async resume(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.ResumedConsumer)) { reason, from }: z.infer<typeof dto.ResumedConsumer>,
  ): Promise<dto.ConsumerReport> {
    const position = parsePosition(from);
    await this.change(access, name, reason, (session, operator) => resumeConsumer(session, name, operator, position));
    return this.show(access, name);
  }

  @Post(':name/retry')
  @ChangesConsumer('Handle parked events again', dto.Positions)
  retry(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.ParkedPositions)) parked: z.infer<typeof dto.ParkedPositions>,
  ): Promise<dto.Positions> {
    return this.settle(access, name, 'retried', parked);
  }

  @Post(':name/drop')
  @ChangesConsumer('Forget parked events', dto.Positions)
  drop(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.ParkedPositions)) parked: z.infer<typeof dto.ParkedPositions>,
  ): Promise<dto.Positions> {
    return this.settle(access, name, 'dropped', parked);
  }

  /** Gives a range of events to a consumer again, beside its live events. The consumer's `replays` show the progress. */
  @Post(':name/replay')
  @ChangesConsumer('Handle a range again', dto.StartedReplay)
  replay(
    @Access() access: LedgerAccess,
    @Param('name') name: string,
    @Body(new BodyPipe(dto.NewReplay)) { reason, from, to }: z.infer<typeof dto.NewReplay>,
  ): Promise<dto.StartedReplay> {
    const range = { from: parsePosition(from), to: parsePosition(to, parseEndTime) };
    return this.change(access, name, reason, (session, operator) => replayConsumer(session, name, range, operator));
  }

  /** A consumer that the caller may not see counts as unknown. */
  private async change<Result>(
    access: LedgerAccess,
    name: string,
    reason: string | undefined,
    work: (session: LedgerSession, operator: ConsumerOperator) => Promise<Result>,
  ): Promise<Result> {
    await this.show(access, name);
    const { type = 'user', id } = this.aggregator.currentActor() ?? {};
    return this.consumers.change({ actor: { type, ...(id === undefined ? {} : { id: String(id) }) }, reason }, work);
  }

  private async settle(
    access: LedgerAccess,
    name: string,
    settle: 'retried' | 'dropped',
    { reason, positions }: z.infer<typeof dto.ParkedPositions>,
  ): Promise<dto.Positions> {
    const settled = await this.change(access, name, reason, (session, operator) =>
      settleParked(session, name, settle, operator, positions),
    );
    return { positions: settled };
  }
}

function ChangesConsumer(summary: string, response: ResponseBody): MethodDecorator {
  return applyDecorators(
    Route(summary, response, UNKNOWN),
    HttpCode(HttpStatus.OK),
    Audited('audit_consumer_change', RECORD_ONLY_FAILURES),
  );
}

/** Returns a sequence number unchanged, and a day or an RFC 3339 time as a `Date`. */
function parsePosition(input: number | string | undefined, timeAt = parseTime): number | Date | undefined {
  return typeof input === 'string' ? timeAt(input) : input;
}

/** Returns whether a caller's access includes all events that a consumer may see. */
function isAccessWithin(access: LedgerAccess, ofConsumer: LedgerAccess): boolean {
  if (access.scope === 'all') return true;
  if (access.scope !== 'tenants' || ofConsumer.scope !== 'tenants') return false;
  return ofConsumer.tenantIds.length > 0 && ofConsumer.tenantIds.every((tenant) => access.tenantIds.includes(tenant));
}
