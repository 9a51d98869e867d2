import { Body, Controller, Get, Inject, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiForbiddenResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { AuditedTransaction, NotAudited } from '../../audit/index.js';
import { Roles } from '../auth/index.js';
import { AUDITED_STORE } from './audited-tenancy.js';
import { CreateStoreDto } from './dto/create-store.dto.js';
import { StoreList, StoreView } from './dto/store.dto.js';
import { StoresService } from './stores.service.js';

/** The stores, for administrators. */
@ApiTags('administration')
@ApiBearerAuth()
@ApiForbiddenResponse({ description: 'Not an administrator' })
@Roles('admin')
@Controller('admin/stores')
export class StoresController {
  constructor(@Inject(StoresService) private readonly stores: StoresService) {}

  @Post()
  @AuditedTransaction('store_creation', AUDITED_STORE)
  @ApiOperation({ summary: 'Create a store' })
  @ApiCreatedResponse({ type: StoreView })
  create(@Body() { name }: CreateStoreDto): Promise<Readonly<StoreView>> {
    return this.stores.create(name);
  }

  @Get()
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'List the stores, oldest first' })
  @ApiOkResponse({ type: StoreList })
  async list(): Promise<Readonly<StoreList>> {
    return { items: await this.stores.list() };
  }
}
