import { Controller, Get, Param, ParseUUIDPipe, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiForbiddenResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, Repository } from 'typeorm';
import { NotAudited } from '../../../audit/index.js';
import { Roles } from '../../auth/index.js';
import { ProductHistory, type HistoryItem } from '../dto/product-history.dto.js';
import { ProductPageQuery } from '../dto/product-page.dto.js';
import { ProductHistoryEntryEntity } from './product-history-entry.entity.js';

/** What happened to a product, for administrators: also to one that is deleted. */
@ApiTags('products')
@ApiBearerAuth()
@Roles('admin')
@Controller('products/:id/history')
export class ProductHistoryController {
  constructor(
    @InjectRepository(ProductHistoryEntryEntity) private readonly entries: Repository<ProductHistoryEntryEntity>,
  ) {}

  @Get()
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'Show what happened to a product, newest first; empty for one that never was' })
  @ApiOkResponse({ type: ProductHistory })
  @ApiForbiddenResponse({ description: 'Not an administrator' })
  async read(
    @Param('id', ParseUUIDPipe) productId: string,
    @Query() { limit, before }: ProductPageQuery,
  ): Promise<Readonly<ProductHistory>> {
    const found = await this.entries.find({
      where: { productId, ...(before === undefined ? {} : { id: LessThan(before) }) },
      order: { id: 'DESC' },
      take: limit,
    });
    return { items: found.map(itemOf) };
  }
}

function itemOf(entry: ProductHistoryEntryEntity): Readonly<HistoryItem> {
  const { id, type, outcome, actorType, actorId, reason, changes } = entry;
  const occurredAt = entry.occurredAt.toISOString();
  return { id, occurredAt, type, outcome, actor: { type: actorType, id: actorId }, reason, changes };
}
