import {
  applyDecorators,
  BadRequestException,
  Body,
  Controller,
  ForbiddenException,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  UseFilters,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DescribesLedger, DescribesRefusals } from '../access/describes-refusals.decorator.js';
import { HOLD, NEW_HOLD, RELEASE, RELEASED_HOLD } from './examples/ledger-examples.js';
import { AuditAggregator, Audited } from '../../../audit/index.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import type { LegalHold } from '../lifecycle/holds/holds.js';
import { HOLD_ACTIONS } from '../acts/hold-acts.js';
import { LegalHolds } from '../lifecycle/holds/legal-holds.service.js';
import { InvalidHoldError, UnknownHoldError } from '../lifecycle/holds/holds.error.js';
import { ONLY_REFUSALS } from './only-refusals.js';
import { Access, LedgerAccessGuard, NeedsPermission } from './ledger-access.guard.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import { LegalHoldDto, LegalHoldView, ReleaseHoldDto } from './legal-hold.dto.js';

function validationOf(expectedType: new () => object): ValidationPipe {
  return new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true, expectedType });
}

/** Describes both routes that release a hold. */
function DescribesRelease(): MethodDecorator {
  return applyDecorators(
    ApiBody({ type: ReleaseHoldDto, examples: { release: { value: RELEASE } } }),
    ApiOkResponse({ type: LegalHoldView, example: RELEASED_HOLD }),
    DescribesRefusals({
      400: 'Each problem of the body.',
      415: 'The body is not JSON.',
      404: 'No active hold has this id.',
    }),
  );
}

/** Legal holds, for those whom the application authorises to place and release them. */
@DescribesLedger('hold')
@Controller('audit/holds')
@NeedsPermission('hold')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter)
export class AuditHoldsController {
  constructor(
    @Inject(LegalHolds) private readonly holds: LegalHolds,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** Places a legal hold: what it covers is neither retired nor erased. */
  @Post()
  @ApiOperation({ summary: 'Place a legal hold' })
  @Audited(HOLD_ACTIONS.placed, ONLY_REFUSALS)
  @ApiBody({ type: LegalHoldDto, examples: { hold: { value: NEW_HOLD } } })
  @ApiCreatedResponse({ type: LegalHoldView, example: HOLD })
  @DescribesRefusals({ 400: 'Each problem of the body.', 415: 'The body is not JSON.' })
  async place(
    @Access() access: LedgerAccess,
    @Body(validationOf(LegalHoldDto)) body: LegalHoldDto,
  ): Promise<LegalHold> {
    checkReach(access, body.tenantId);
    return answer(this.holds.place(body, this.actorId()));
  }

  /** The legal holds, newest first, those that were released as well. */
  @Get()
  @ApiOperation({ summary: 'List legal holds, newest first' })
  @ApiOkResponse({ type: [LegalHoldView], example: [HOLD] })
  async list(@Access() access: LedgerAccess): Promise<readonly LegalHold[]> {
    return (await this.holds.list()).filter(({ tenantId }) => isWithin(access, tenantId));
  }

  /** Releases a legal hold. */
  @Post(':id/release')
  @ApiOperation({ summary: 'Release a legal hold' })
  @HttpCode(HttpStatus.OK)
  @Audited(HOLD_ACTIONS.released, ONLY_REFUSALS)
  @DescribesRelease()
  async release(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Body(validationOf(ReleaseHoldDto)) { reason }: ReleaseHoldDto,
  ): Promise<LegalHold> {
    return this.end(access, id, reason);
  }

  private async end(access: LedgerAccess, id: string, reason: string): Promise<LegalHold> {
    if (access.scope !== 'all') {
      const hold = (await this.holds.list()).find((each) => each.id === id);
      checkReach(access, hold?.tenantId);
    }
    return answer(this.holds.release(id, this.actorId(), reason));
  }

  /** Who asks, as the events of the request have it. */
  private actorId(): string {
    return String(this.aggregator.currentActor()?.id ?? 'unknown');
  }
}

function isWithin(access: LedgerAccess, tenantId: string | undefined): boolean {
  return access.scope === 'all' || (access.scope === 'tenants' && access.tenantIds.includes(tenantId ?? ''));
}

/** A hold that names no tenant holds what is of others, too. */
function checkReach(access: LedgerAccess, tenantId: string | undefined): void {
  if (isWithin(access, tenantId)) return;
  throw new ForbiddenException('Cannot do this to a legal hold: it is not of a tenant of yours. Name one that is.');
}

async function answer(hold: Promise<LegalHold>): Promise<LegalHold> {
  try {
    return await hold;
  } catch (error) {
    if (error instanceof InvalidHoldError) throw new BadRequestException(error.message);
    if (error instanceof UnknownHoldError) throw new NotFoundException(error.message);
    throw error;
  }
}
