import { setTimeout } from '../../audit/nest-free.js';
import {
  Body,
  ForbiddenException,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  Res,
} from '@nestjs/common';
import type { z } from 'zod';
import { AuditAggregator, Audited, type AuditedOptions } from '../../audit/index.js';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { AuditPrivacy } from '../keep/lifecycle/erasure/audit-privacy.service.js';
import { Erasure, NewErasure } from '../keep/lifecycle/erasure/erasure.dto.js';
import type { ErasureRequester } from '../keep/lifecycle/erasure/progress.js';
import { BodyPipe } from './body.pipe.js';
import { Access, NeedsPermission } from './ledger-access.guard.js';
import { LedgerController, Route } from './openapi/ledger-controller.decorator.js';

const REQUEST: AuditedOptions = {
  category: 'privacy',
  resource: ({ result }) => ({ type: 'audit_erasure', id: result.id }),
  details: ({ request, result }) => ({
    dryRun: request.body?.dryRun ?? false,
    ...((result as unknown) !== undefined && { erasureId: result.id }), // `undefined` after a refusal, although the type excludes that
  }),
};

const DRY_RUN_WAIT_MS = 10_000;
const POLL_MS = 100;

@LedgerController('audit/erasures')
@NeedsPermission('erase')
export class AuditErasuresController {
  constructor(
    @Inject(AuditPrivacy) private readonly privacy: AuditPrivacy,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  @Post()
  @Route('Erase a person, or count the events of an erasure', Erasure, { 200: 'A dry run is done.' })
  @HttpCode(HttpStatus.ACCEPTED)
  @Audited('audit_subject_erasure_request', REQUEST)
  async erase(
    @Access() access: LedgerAccess,
    @Body(new BodyPipe(NewErasure)) { subjectId, identifiers = [], reason, dryRun = false }: z.infer<typeof NewErasure>,
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ): Promise<Erasure> {
    checkReach(access, 'erase');
    const erasure = await this.privacy.erase({ id: subjectId, identifiers }, { by: this.requester(), reason, dryRun });
    if (!dryRun) return erasure;
    const seen = await this.waitFor(erasure);
    if (seen.state === 'done') response.status(HttpStatus.OK);
    return seen;
  }

  @Get(':id')
  @Route('Show the progress of an erasure', Erasure, {
    404: 'No erasure has this id.',
    409: 'The row of the erasure contradicts the signed acts.',
  })
  async find(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<Erasure> {
    checkReach(access, 'erase');
    const erasure = await this.privacy.find(id);
    if (!erasure) throw new NotFoundException(`Cannot show the erasure ${id}: no erasure has that id. Check the id.`);
    return erasure;
  }

  /** The requester is stored permanently, and therefore without a name. */
  private requester(): ErasureRequester {
    const { type = 'user', id = 'unknown' } = this.aggregator.currentActor() ?? {};
    return { type, id: String(id) };
  }

  private async waitFor(erasure: Erasure): Promise<Erasure> {
    const giveUpAt = performance.now() + DRY_RUN_WAIT_MS;
    let seen = erasure;
    while (seen.state !== 'done' && performance.now() < giveUpAt) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      seen = (await this.privacy.find(erasure.id)) ?? seen;
    }
    return seen;
  }
}

/** Requires access to the whole ledger, because a person may have events of many tenants. */
export function checkReach({ scope }: LedgerAccess, what: 'erase' | 'report'): void {
  if (scope === 'all') return;
  throw new ForbiddenException(
    `Cannot ${what}: a person may have events of every tenant. Ask a person with access to the whole ledger.`,
  );
}
