import {
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
  Res,
  UseFilters,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DescribesLedger, DescribesRefusals } from '../access/describes-refusals.decorator.js';
import { ERASURE, NEW_ERASURE } from './examples/ledger-examples.js';
import { AuditAggregator, Audited, type AuditedOptions } from '../../../audit/index.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { AuditPrivacy } from '../lifecycle/erasure/audit-privacy.service.js';
import type { Erasure, ErasureRequester } from '../lifecycle/erasure/erasure.js';
import { ErasureDto, ErasureView } from './erasure.dto.js';
import { InvalidErasureFilter } from './invalid-erasure.filter.js';
import { Access, LedgerAccessGuard, NeedsPermission } from './ledger-access.guard.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';

const BODY_VALIDATION = new ValidationPipe({
  whitelist: true,
  forbidNonWhitelisted: true,
  transform: true,
  expectedType: ErasureDto,
});

/** That somebody asked for it. That it is done is another event, with the person as its resource. */
const REQUEST: AuditedOptions = {
  category: 'privacy',
  resource: ({ result }) => ({ type: 'audit_erasure', id: result.id }),
  details: ({ request, result }) => ({
    dryRun: request.body?.dryRun ?? false,
    ...((result as unknown) !== undefined && { erasureId: result.id }), // its type leaves out that there may be none
  }),
};

/** How long an answer waits for a dry run, and how often it looks. */
const DRY_RUN_WAIT_MS = 10_000;
const LOOK_MS = 100;

/** Erases people from the ledger, for those whom the application authorises to. */
@DescribesLedger('erase')
@Controller('audit/erasures')
@NeedsPermission('erase')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter, InvalidErasureFilter)
export class AuditErasuresController {
  constructor(
    @Inject(AuditPrivacy) private readonly privacy: AuditPrivacy,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** Plans the erasure of a person, which is carried out in the background; a dry run counts what would go. */
  @Post()
  @ApiOperation({ summary: 'Erase a person, or count what that would erase' })
  @HttpCode(HttpStatus.ACCEPTED)
  @Audited('audit_subject_erasure_request', REQUEST)
  @ApiBody({ type: ErasureDto, examples: { erasure: { value: NEW_ERASURE } } })
  @ApiAcceptedResponse({
    type: ErasureView,
    description: 'The erasure is on record, and runs in the background.',
    example: ERASURE,
  })
  @ApiOkResponse({
    type: ErasureView,
    description: 'A dry run is done.',
    example: { ...ERASURE, dryRun: true, state: 'done' },
  })
  @DescribesRefusals({ 400: 'Each problem of the body.', 415: 'The body is not JSON.' })
  async erase(
    @Access() access: LedgerAccess,
    @Body(BODY_VALIDATION) { subjectId, identifiers = [], reason, dryRun = false }: ErasureDto,
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ): Promise<Erasure> {
    checkReach(access);
    const erasure = await this.privacy.erase({ id: subjectId, identifiers }, { by: this.requester(), reason, dryRun });
    if (!dryRun) return erasure;
    const seen = await this.waitFor(erasure);
    if (seen.state === 'done') response.status(HttpStatus.OK);
    return seen;
  }

  /** How far an erasure is; once it is done, with its certificate. */
  @Get(':id')
  @ApiOperation({ summary: 'Show how far an erasure is' })
  @ApiOkResponse({ type: ErasureView, example: ERASURE })
  @DescribesRefusals({
    400: 'The id is not a UUID.',
    404: 'No erasure has this id.',
    409: 'Its row contradicts the signed acts.',
  })
  async find(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<Erasure> {
    checkReach(access);
    const erasure = await this.privacy.find(id);
    if (!erasure) throw new NotFoundException(`Cannot show the erasure ${id}: no erasure has that id. Check the id.`);
    return erasure;
  }

  /** As events of the request have the actor, without a name: it is kept. */
  private requester(): ErasureRequester {
    const { type = 'user', id = 'unknown' } = this.aggregator.currentActor() ?? {};
    return { type, id: String(id) };
  }

  /** A dry run over a large ledger takes longer than anybody waits for an answer. */
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
