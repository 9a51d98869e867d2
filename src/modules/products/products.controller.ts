import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AuditedTransaction, NotAudited, type AuditedOptions } from '../../audit/index.js';
import { PageQuery } from '../../http-input/page.dto.js';
import { Roles } from '../auth/index.js';
import {
  ChangeProductDto,
  CreateProductDto,
  ProductHistory,
  ProductList,
  ProductView,
  SetInventoryDto,
  SetPriceDto,
} from './products.dto.js';
import { ProductsService } from './products.service.js';

/**
 * What the event of a product's route says by itself: the product, by the result, or else by the route's id. Its details
 * and changes come from the service, which knows them.
 */
const AUDITED_PRODUCT: AuditedOptions<ProductView | undefined> = {
  resource: ({ request, result }) => ({ type: 'product', id: result?.id ?? request.params?.id }),
};

/** The products: administrators manage them, everybody who is logged in reads them. */
@ApiTags('products')
@Controller('products')
export class ProductsController {
  constructor(private readonly products: ProductsService) {}

  /** Creates a product */
  @Post()
  @Roles('admin')
  @AuditedTransaction('product_creation', AUDITED_PRODUCT)
  create(@Body() product: CreateProductDto): Promise<ProductView> {
    return this.products.create(product);
  }

  /** Lists the products, newest first */
  @Get()
  @NotAudited('changes nothing')
  async list(@Query() page: PageQuery): Promise<ProductList> {
    return { items: await this.products.list(page) };
  }

  /** Shows a product */
  @Get(':id')
  @NotAudited('changes nothing')
  find(@Param('id', ParseUUIDPipe) id: string): Promise<ProductView> {
    return this.products.find(id);
  }

  /** Shows what happened to a product, newest first, also to one that is deleted; empty for one that never was */
  @Get(':id/history')
  @Roles('admin')
  @NotAudited('changes nothing')
  async history(@Param('id', ParseUUIDPipe) id: string, @Query() page: PageQuery): Promise<ProductHistory> {
    return { items: await this.products.history(id, page) };
  }

  /** Changes the name or the description of a product */
  @Patch(':id')
  @Roles('admin')
  @AuditedTransaction('product_update', AUDITED_PRODUCT)
  change(@Param('id', ParseUUIDPipe) id: string, @Body() fields: ChangeProductDto): Promise<ProductView> {
    return this.products.change(id, fields);
  }

  /** Deletes a product; orders keep what they have of it */
  @Delete(':id')
  @HttpCode(204)
  @Roles('admin')
  @AuditedTransaction('product_deletion', AUDITED_PRODUCT)
  delete(@Param('id', ParseUUIDPipe) id: string): Promise<void> {
    return this.products.delete(id);
  }

  /** Lets a product be ordered */
  @Post(':id/activate')
  @HttpCode(200)
  @Roles('admin')
  @AuditedTransaction('product_activation', AUDITED_PRODUCT)
  activate(@Param('id', ParseUUIDPipe) id: string): Promise<ProductView> {
    return this.products.setActive(id, true);
  }

  /** Lets a product no longer be ordered */
  @Post(':id/deactivate')
  @HttpCode(200)
  @Roles('admin')
  @AuditedTransaction('product_deactivation', AUDITED_PRODUCT)
  deactivate(@Param('id', ParseUUIDPipe) id: string): Promise<ProductView> {
    return this.products.setActive(id, false);
  }

  /** Sets the price of a product, for orders from now on */
  @Put(':id/price')
  @Roles('admin')
  @AuditedTransaction('price_change', AUDITED_PRODUCT)
  setPrice(@Param('id', ParseUUIDPipe) id: string, @Body() fields: SetPriceDto): Promise<ProductView> {
    return this.products.change(id, fields);
  }

  /** Sets the stock of a product, as counted */
  @Put(':id/inventory')
  @Roles('admin')
  @AuditedTransaction('inventory_update', AUDITED_PRODUCT)
  setInventory(@Param('id', ParseUUIDPipe) id: string, @Body() fields: SetInventoryDto): Promise<ProductView> {
    return this.products.change(id, fields);
  }
}
