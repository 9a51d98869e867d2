import {
  Body,
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
} from '@nestjs/common';
import type { z } from 'zod';
import { Audited, AuditAggregator, NotAudited } from '../../../audit/index.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { LEDGER_READS_CATEGORY } from '../../../monitoring/read/access/ledger-reads.js';
import { BodyPipe } from '../../../monitoring/http/body.pipe.js';
import { NewView, SavedView, SavedViewList } from '../views/view.dto.js';
import { SavedViews } from '../views/saved-views.service.js';
import { Access } from '../../../monitoring/http/ledger-access.guard.js';
import { ONLY_REFUSALS } from '../../../monitoring/http/record-read.js';
import { LedgerController, Route } from '../../../monitoring/http/openapi/ledger-controller.decorator.js';

const REFUSALS = { ...ONLY_REFUSALS, category: LEDGER_READS_CATEGORY };

@LedgerController('audit/views')
export class AuditViewsController {
  constructor(
    @Inject(SavedViews) private readonly views: SavedViews,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  @Get()
  @Route('List saved views', SavedViewList)
  async list(@Access() access: LedgerAccess): Promise<z.infer<typeof SavedViewList>> {
    return { items: await this.views.list(access) };
  }

  @Post()
  @Route('Save a view', SavedView, { 409: 'You already have a view of this name, or the maximum of 100 views.' })
  @Audited('audit_view_save', REFUSALS)
  async add(
    @Access() access: LedgerAccess,
    @Body(new BodyPipe(NewView)) body: z.infer<typeof NewView>,
  ): Promise<SavedView> {
    return this.save(access, body);
  }

  @Put(':id')
  @Route('Change a saved view', SavedView, {
    404: 'You have no view with this id.',
    409: 'You have another view of this name.',
  })
  @Audited('audit_view_save', REFUSALS)
  async replace(
    @Access() access: LedgerAccess,
    @Param('id', ParseUUIDPipe) id: string,
    @Body(new BodyPipe(NewView)) body: z.infer<typeof NewView>,
  ): Promise<SavedView> {
    return this.save(access, body, id);
  }

  @Delete(':id')
  @Route('Delete a saved view')
  @NotAudited('the deletion itself records the event audit_view_deleted')
  @HttpCode(HttpStatus.NO_CONTENT)
  async remove(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<void> {
    await this.views.remove(access, id);
  }

  private async save(access: LedgerAccess, view: NewView, id?: string): Promise<SavedView> {
    if (this.aggregator.currentActor()?.id === undefined) {
      throw new ForbiddenException('Cannot save a view: the request has no actor. Log in.');
    }
    if (
      view.shared === true &&
      (access.scope === 'subject' || (access.scope === 'tenants' && access.tenantIds.length === 0))
    ) {
      throw new ForbiddenException(
        'Cannot share a view: nobody else sees your events. Save the view without sharing it.',
      );
    }
    const saved = await this.views.save(access, view, id);
    if (saved) return saved;
    throw new NotFoundException('Cannot change this view: you have no view with this id. Load your views again.');
  }
}
