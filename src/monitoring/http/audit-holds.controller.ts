import {
  Body,
  ForbiddenException,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  ParseUUIDPipe,
  Post,
} from '@nestjs/common';
import type { z } from 'zod';
import { AuditAggregator, Audited } from '../../audit/index.js';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { HoldRelease, LegalHold, HoldRequest } from '../keep/lifecycle/holds/legal-hold.dto.js';
import { list } from '../read/responses/shape.js';
import { BodyPipe } from './request.pipe.js';
import { HOLD_ACTIONS } from '../keep/acts/hold-acts.js';
import { LegalHolds } from '../keep/lifecycle/holds/legal-holds.service.js';
import { RECORD_ONLY_FAILURES } from './record-read.js';
import { Access, NeedsPermission } from './ledger-access.guard.js';
import { LedgerController, Route } from './openapi/ledger-controller.decorator.js';

@LedgerController('audit/holds')
@NeedsPermission('hold')
export class AuditHoldsController {
  constructor(
    @Inject(LegalHolds) private readonly holds: LegalHolds,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** Places a legal hold. The events that a hold covers are neither retired nor erased. */
  @Post()
  @Route('Place a legal hold', LegalHold)
  @Audited(HOLD_ACTIONS.placed, RECORD_ONLY_FAILURES)
  async place(
    @Access() access: LedgerAccess,
    @Body(new BodyPipe(HoldRequest)) body: z.infer<typeof HoldRequest>,
  ): Promise<LegalHold> {
    checkReach(access, body.tenantId);
    return this.holds.place(body, this.actorId());
  }

  /** Returns all legal holds that the caller may see, newest first, including released holds. */
  @Get()
  @Route('List legal holds, newest first', list(LegalHold))
  async list(@Access() access: LedgerAccess): Promise<readonly LegalHold[]> {
    return (await this.holds.list()).filter(({ tenantId }) => isTenantWithin(access, tenantId));
  }

  @Post(':id/release')
  @Route('Release a legal hold', LegalHold, { 404: 'No active hold has this id.' })
  @HttpCode(HttpStatus.OK)
  @Audited(HOLD_ACTIONS.released, RECORD_ONLY_FAILURES)
  async release(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Body(new BodyPipe(HoldRelease)) { reason }: z.infer<typeof HoldRelease>,
  ): Promise<LegalHold> {
    if (access.scope !== 'all') {
      const hold = (await this.holds.list()).find((each) => each.id === id);
      checkReach(access, hold?.tenantId);
    }
    return this.holds.release(id, this.actorId(), reason);
  }

  private actorId(): string {
    return String(this.aggregator.currentActor()?.id ?? 'unknown');
  }
}

function isTenantWithin(access: LedgerAccess, tenantId: string | undefined): boolean {
  return access.scope === 'all' || (access.scope === 'tenants' && access.tenantIds.includes(tenantId ?? ''));
}

/** A hold without a tenant covers all tenants, and so requires access to the whole ledger. */
function checkReach(access: LedgerAccess, tenantId: string | undefined): void {
  if (isTenantWithin(access, tenantId)) return;
  throw new ForbiddenException(
    'Cannot place or release the legal hold: it is not limited to a tenant of yours. Name one of your tenants.',
  );
}
