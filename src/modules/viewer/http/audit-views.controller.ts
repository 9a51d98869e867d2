import {
  Body,
  ConflictException,
  Controller,
  Delete,
  ForbiddenException,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  Put,
  UseFilters,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DescribesLedger, DescribesRefusals } from '../../monitoring/access/describes-refusals.decorator.js';
import { NEW_VIEW, VIEW, VIEWS } from './viewer-examples.js';
import { Audited, AuditAggregator, NotAudited } from '../../../audit/index.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS_CATEGORY } from '../../monitoring/access/ledger-reads.js';
import { SavedViews, type SavedView } from '../views/saved-views.service.js';
import { ViewConflictError } from '../views/view.error.js';
import { Access, LedgerAccessGuard } from '../../monitoring/http/ledger-access.guard.js';
import { LedgerUnavailableFilter } from '../../monitoring/http/ledger-unavailable.filter.js';
import { ONLY_REFUSALS } from '../../monitoring/http/only-refusals.js';
import { SavedViewList, SavedViewView, ViewDto } from './view.dto.js';

const BODY_VALIDATION = new ValidationPipe({
  whitelist: true,
  forbidNonWhitelisted: true,
  transform: true,
  expectedType: ViewDto,
});
const REFUSALS = { ...ONLY_REFUSALS, category: LEDGER_READS_CATEGORY };

/** Saved queries of those who may read the ledger. */
@DescribesLedger()
@Controller('audit/views')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter)
export class AuditViewsController {
  constructor(
    @Inject(SavedViews) private readonly views: SavedViews,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  /** The reader's own views, and those that are shared with them, by name. */
  @Get()
  @ApiOperation({ summary: 'List saved views' })
  @ApiOkResponse({ type: SavedViewList, example: VIEWS })
  async list(@Access() access: LedgerAccess): Promise<{ readonly items: readonly SavedView[] }> {
    return { items: await this.views.list(access) };
  }

  /** Saves a new view. Again, it answers the saved one. */
  @Post()
  @ApiOperation({ summary: 'Save a view' })
  @Audited('audit_view_save', REFUSALS)
  @ApiBody({ type: ViewDto, examples: { view: { value: NEW_VIEW } } })
  @ApiCreatedResponse({ type: SavedViewView, example: VIEW })
  @DescribesRefusals({
    400: 'Each problem of the body.',
    415: 'The body is not JSON.',
    409: 'You have a view of this name, or 100 views.',
  })
  async add(@Access() access: LedgerAccess, @Body(BODY_VALIDATION) body: ViewDto): Promise<SavedView> {
    this.check(access, body);
    return found(await answer(this.views.add(access, body)));
  }

  /** Changes a view of the reader: another name, another query, shared or not. */
  @Put(':id')
  @ApiOperation({ summary: 'Change a saved view' })
  @Audited('audit_view_save', REFUSALS)
  @ApiBody({ type: ViewDto, examples: { view: { value: NEW_VIEW } } })
  @ApiOkResponse({ type: SavedViewView, example: VIEW })
  @DescribesRefusals({
    400: 'Each problem of the body.',
    415: 'The body is not JSON.',
    404: 'You have no view with this id.',
    409: 'You have another view of this name.',
  })
  async replace(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Body(BODY_VALIDATION) body: ViewDto,
  ): Promise<SavedView> {
    this.check(access, body);
    return found(await answer(this.views.replace(access, id, body)));
  }

  /** Deletes a view of the reader. One that is not there is deleted already. */
  @Delete(':id')
  @ApiOperation({ summary: 'Delete a saved view' })
  @NotAudited('the deletion records audit_view_deleted with the view')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse()
  @DescribesRefusals({ 400: 'The id is not a UUID.' })
  async remove(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    await this.views.remove(access, id);
  }

  private check(access: LedgerAccess, { shared = false }: ViewDto): void {
    if (this.aggregator.currentActor()?.id === undefined) {
      throw new ForbiddenException('Cannot save a view: the request has no actor. Log in.');
    }
    if (shared && (access.scope === 'subject' || (access.scope === 'tenants' && access.tenantIds.length === 0))) {
      throw new ForbiddenException('Cannot share a view: nobody else sees your events. Save it for yourself.');
    }
  }
}

function found(view: SavedView | undefined): SavedView {
  if (view) return view;
  throw new NotFoundException('Cannot change this view: you have none with this id. Load your views again.');
}

async function answer(view: Promise<SavedView | undefined>): Promise<SavedView | undefined> {
  try {
    return await view;
  } catch (error) {
    if (!(error instanceof ViewConflictError)) throw error;
    const { code, message } = error;
    throw new ConflictException({ statusCode: 409, error: 'Conflict', code, message });
  }
}
