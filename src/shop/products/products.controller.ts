import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, LessThan } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext, AuditedTransaction, NotAudited, type AuditedOptions } from '../../audit/index.js';
import { PageQuery } from '../http-input/page.dto.js';
import { RefusedError } from '../http-input/refused.error.js';
import { Roles } from '../auth/index.js';
import { ProductEntity } from './product.entity.js';
import { ChangeProductDto, CreateProductDto, ProductHistory, ProductList } from './products.dto.js';
import { SetInventoryDto, SetPriceDto, type HistoryItem } from './products.dto.js';

const HISTORY = `
  SELECT id, occurred_at AS "occurredAt", type, outcome, json_build_object('type', actor_type, 'id', actor_id) AS actor,
         reason, changes
    FROM product_history WHERE product_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`;

const AUDITED_PRODUCT: AuditedOptions<ProductEntity | undefined> = {
  resource: ({ request, result }) => ({ type: 'product', id: result?.id ?? request.params?.id }),
};

/** Manages products. Administrators change products; every logged-in user can read them. */
@ApiTags('products')
@Controller('products')
export class ProductsController {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Creates a product */
  @Post()
  @Roles('admin')
  @AuditedTransaction('product_creation', AUDITED_PRODUCT)
  async create(@Body() asked: CreateProductDto): Promise<ProductEntity> {
    const { sku, name, description, priceCents, stock, active } = asked;
    AuditContext.annotate({ details: { sku, name, priceCents, stock, active } });
    const now = new Date();
    const times = { createdAt: now, updatedAt: now };
    const product = { id: uuidv7(), sku, name, description, priceCents, stock, active, ...times };
    const insert = this.database.manager.createQueryBuilder().insert().into(ProductEntity);
    const inserted = await insert.values(product).orIgnore().returning('id').execute();
    if (Array.isArray(inserted.raw) && inserted.raw.length > 0) return product;
    const message = `Cannot create the product ${sku}: another product has this SKU. Choose another SKU, or change that product.`;
    throw new RefusedError(409, 'sku_taken', message);
  }

  /** Lists the products, newest first */
  @Get()
  @NotAudited('changes nothing')
  async list(@Query() { limit, before }: PageQuery): Promise<ProductList> {
    const where = before === undefined ? {} : { id: LessThan(before) };
    return { items: await this.database.manager.find(ProductEntity, { where, order: { id: 'DESC' }, take: limit }) };
  }

  /** Shows a product */
  @Get(':id')
  @NotAudited('changes nothing')
  async find(@Param('id', ParseUUIDPipe) id: string): Promise<ProductEntity> {
    return found(id, await this.database.manager.findOneBy(ProductEntity, { id }));
  }

  /** Shows the events of a product, newest first, even if the product is deleted; empty if the product never existed */
  @Get(':id/history')
  @Roles('admin')
  @NotAudited('changes nothing')
  async history(
    @Param('id', ParseUUIDPipe) id: string,
    @Query() { limit, before }: PageQuery,
  ): Promise<ProductHistory> {
    return { items: await this.database.query<HistoryItem[]>(HISTORY, [id, before, limit]) };
  }

  /** Changes the name or the description of a product */
  @Patch(':id')
  @Roles('admin')
  @AuditedTransaction('product_update', AUDITED_PRODUCT)
  async change(@Param('id', ParseUUIDPipe) id: string, @Body() fields: ChangeProductDto): Promise<ProductEntity> {
    return this.write(await this.lock(id), fields);
  }

  /** Deletes a product; orders keep their copy of the product's data */
  @Delete(':id')
  @HttpCode(204)
  @Roles('admin')
  @AuditedTransaction('product_deletion', AUDITED_PRODUCT)
  async delete(@Param('id', ParseUUIDPipe) id: string): Promise<void> {
    const { name, priceCents, stock, active } = await this.lock(id);
    AuditContext.annotate({ details: { name, priceCents, stock, active } });
    await this.database.manager.delete(ProductEntity, { id });
  }

  /** Makes a product available for orders */
  @Post(':id/activate')
  @HttpCode(200)
  @Roles('admin')
  @AuditedTransaction('product_activation', AUDITED_PRODUCT)
  activate(@Param('id', ParseUUIDPipe) id: string): Promise<ProductEntity> {
    return this.setActive(id, true);
  }

  /** Prevents new orders of a product */
  @Post(':id/deactivate')
  @HttpCode(200)
  @Roles('admin')
  @AuditedTransaction('product_deactivation', AUDITED_PRODUCT)
  deactivate(@Param('id', ParseUUIDPipe) id: string): Promise<ProductEntity> {
    return this.setActive(id, false);
  }

  /** Sets the price of a product for future orders */
  @Put(':id/price')
  @Roles('admin')
  @AuditedTransaction('price_change', AUDITED_PRODUCT)
  async setPrice(@Param('id', ParseUUIDPipe) id: string, @Body() fields: SetPriceDto): Promise<ProductEntity> {
    return this.write(await this.lock(id), fields);
  }

  /** Sets the stock of a product to a counted number */
  @Put(':id/inventory')
  @Roles('admin')
  @AuditedTransaction('inventory_update', AUDITED_PRODUCT)
  async setInventory(@Param('id', ParseUUIDPipe) id: string, @Body() fields: SetInventoryDto): Promise<ProductEntity> {
    return this.write(await this.lock(id), fields);
  }

  private async setActive(id: string, active: boolean): Promise<ProductEntity> {
    const product = await this.lock(id);
    if (product.active !== active) return this.write(product, { active });
    const state = active ? 'active' : 'inactive';
    const message = `Cannot ${active ? 'activate' : 'deactivate'} the product ${id}: it is already ${state}. Nothing needs to be done.`;
    throw new RefusedError(409, `product_is_${state}`, message);
  }

  private async lock(id: string): Promise<ProductEntity> {
    const lock = { mode: 'pessimistic_write' } as const;
    const product = found(id, await this.database.manager.findOne(ProductEntity, { where: { id }, lock }));
    AuditContext.annotate({ resource: { type: 'product', id: product.id }, details: { sku: product.sku } });
    return product;
  }

  private async write(product: ProductEntity, fields: Partial<ProductEntity>): Promise<ProductEntity> {
    const before = Object.fromEntries(Object.entries(product).filter(([name]) => name in fields));
    const changed = { updatedAt: new Date(), ...fields };
    await this.database.manager.update(ProductEntity, { id: product.id }, changed);
    AuditContext.annotate({ changes: { before, after: { ...fields } } });
    return Object.assign(product, changed);
  }
}

function found(id: string, product: ProductEntity | null): ProductEntity {
  if (product) return product;
  const message = `Cannot find the product ${id}: no product has that id. GET /products lists them.`;
  throw new RefusedError(404, 'product_not_found', message);
}
