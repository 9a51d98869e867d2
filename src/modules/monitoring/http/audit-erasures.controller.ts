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
import { AuditAggregator, Audited, type AuditedOptions } from '../../../audit/index.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { AuditPrivacy } from '../lifecycle/erasure/audit-privacy.service.js';
import { Erasure, NewErasure } from '../lifecycle/erasure/erasure.dto.js';
import type { ErasureRequester } from '../lifecycle/erasure/erasure.js';
import { BodyPipe } from './body.pipe.js';
import { Access, NeedsPermission } from './ledger-access.guard.js';
import { LedgerController, Route } from './openapi/ledger-controller.decorator.js';

/** Records the request. The completed erasure is another event, with the person as its resource. */
const REQUEST: AuditedOptions = {
  category: 'privacy',
  resource: ({ result }) => ({ type: 'audit_erasure', id: result.id }),
  details: ({ request, result }) => ({
    dryRun: request.body?.dryRun ?? false,
    ...((result as unknown) !== undefined && { erasureId: result.id }), // its type leaves out that there may be none
  }),
};

/** How long an answer waits for a dry run, and how often it checks. */
const DRY_RUN_WAIT_MS = 10_000;
const LOOK_MS = 100;

/** Erases people from the ledger, for callers whom the application authorises. */
@LedgerController('audit/erasures')
@NeedsPermission('erase')
export class AuditErasuresController {
  constructor(
    @Inject(AuditPrivacy) private readonly privacy: AuditPrivacy,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** Plans the erasure of a person, which is carried out in the background; a dry run counts what would go. */
  @Post()
  @Route('Erase a person, or count what that would erase', Erasure, { 200: 'A dry run is done.' })
  @HttpCode(HttpStatus.ACCEPTED)
  @Audited('audit_subject_erasure_request', REQUEST)
  async erase(
    @Access() access: LedgerAccess,
    @Body(new BodyPipe(NewErasure)) { subjectId, identifiers = [], reason, dryRun = false }: z.infer<typeof NewErasure>,
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ): Promise<Erasure> {
    checkReach(access);
    const erasure = await this.privacy.erase({ id: subjectId, identifiers }, { by: this.requester(), reason, dryRun });
    if (!dryRun) return erasure;
    const seen = await this.waitFor(erasure);
    if (seen.state === 'done') response.status(HttpStatus.OK);
    return seen;
  }

  /** The progress of an erasure, with its certificate once it is done. */
  @Get(':id')
  @Route('Show how far an erasure is', Erasure, {
    404: 'No erasure has this id.',
    409: 'Its row contradicts the signed acts.',
  })
  async find(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<Erasure> {
    checkReach(access);
    const erasure = await this.privacy.find(id);
    if (!erasure) throw new NotFoundException(`Cannot show the erasure ${id}: no erasure has that id. Check the id.`);
    return erasure;
  }

  /** The actor of the request's events, without a name, because it is kept. */
  private requester(): ErasureRequester {
    const { type = 'user', id = 'unknown' } = this.aggregator.currentActor() ?? {};
    return { type, id: String(id) };
  }

  /** A dry run over a large ledger takes longer than a client waits for an answer. */
  private async waitFor(erasure: Erasure): Promise<Erasure> {
    const giveUpAt = performance.now() + DRY_RUN_WAIT_MS;
    let seen = erasure;
    while (seen.state !== 'done' && performance.now() < giveUpAt) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      seen = (await this.privacy.find(erasure.id)) ?? seen;
    }
    return seen;
  }
}

/** A person has events of many tenants. */
function checkReach(access: LedgerAccess): void {
  if (access.scope === 'all') return;
  throw new ForbiddenException('Cannot erase: a person has events of every tenant. Ask somebody who may see all.');
}
