import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Put, Query } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, LessThan } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext, AuditedTransaction, NotAudited, type AuditedOptions } from '../../audit/index.js';
import { Roles } from '../auth/index.js';
import { PageQuery } from '../http-input/page.dto.js';
import { RefusedError } from '../http-input/refused.error.js';
import { ProductEntity } from './product.entity.js';
import { ChangeProductDto, CreateProductDto, SetInventoryDto, SetPriceDto } from './products.dto.js';

const AUDITED_PRODUCT: AuditedOptions<ProductEntity | undefined> = {
  resource: ({ request, result }) => ({ type: 'product', id: result?.id ?? request.params?.id, name: result?.name }),
};

/** Manages products. Administrators change products; every logged-in user can read them. */
@Controller('products')
export class ProductsController {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Creates a product */
  @Post()
  @Roles('admin')
  @AuditedTransaction('product_creation', AUDITED_PRODUCT)
  async create(@Body() body: CreateProductDto): Promise<ProductEntity> {
    const { sku, name, description, priceCents, stock } = body;
    AuditContext.annotate({ details: { sku, name, priceCents, stock } });
    const now = new Date();
    const times = { createdAt: now, updatedAt: now };
    const product = { id: uuidv7(), sku, name, description, priceCents, stock, ...times };
    const insert = this.database.manager.createQueryBuilder().insert().into(ProductEntity);
    const inserted = await insert.values(product).orIgnore().returning('id').execute();
    if (Array.isArray(inserted.raw) && inserted.raw.length > 0) return product;
    const message = `Cannot create the product ${sku}: another product has this SKU. Choose another SKU, or change that product.`;
    throw new RefusedError(409, 'sku_taken', message);
  }

  /** Lists the products, newest first */
  @Get()
  @NotAudited('changes nothing')
  async list(@Query() { limit, before }: PageQuery): Promise<{ items: ProductEntity[] }> {
    const where = before === undefined ? {} : { id: LessThan(before) };
    return { items: await this.database.manager.find(ProductEntity, { where, order: { id: 'DESC' }, take: limit }) };
  }

  /** Shows a product */
  @Get(':id')
  @NotAudited('changes nothing')
  async find(@Param('id', ParseUUIDPipe) id: string): Promise<ProductEntity> {
    return requireProduct(id, await this.database.manager.findOneBy(ProductEntity, { id }));
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
    const { name, priceCents, stock } = await this.lock(id);
    AuditContext.annotate({ details: { name, priceCents, stock } });
    await this.database.manager.delete(ProductEntity, { id });
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

  private async lock(id: string): Promise<ProductEntity> {
    const lock = { mode: 'pessimistic_write' } as const;
    const product = requireProduct(id, await this.database.manager.findOne(ProductEntity, { where: { id }, lock }));
    const { sku, name } = product;
    AuditContext.annotate({ resource: { type: 'product', id: product.id, name }, details: { sku } });
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

function requireProduct(id: string, product: ProductEntity | null): ProductEntity {
  if (product) return product;
  const message = `Cannot find the product ${id}: no product has that id. GET /products lists them.`;
  throw new RefusedError(404, 'product_not_found', message);
}
