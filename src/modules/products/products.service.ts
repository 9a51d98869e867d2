import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, LessThan } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext } from '../../audit/index.js';
import type { ChangeProductDto } from './dto/change-product.dto.js';
import type { CreateProductDto } from './dto/create-product.dto.js';
import type { ProductPageQuery } from './dto/product-page.dto.js';
import type { ProductView } from './dto/product.dto.js';
import { ProductActivityRefusedError } from './errors/product-activity-refused.error.js';
import { ProductNotFoundError } from './errors/product-not-found.error.js';
import { SkuTakenError } from './errors/sku-taken.error.js';
import { lockProduct } from './product-lock.js';
import { ProductEntity } from './product.entity.js';

/** What can be changed of a product, as its events tell it. */
type ProductFields = Partial<Pick<ProductEntity, 'name' | 'description' | 'priceCents' | 'stock' | 'active'>>;

/**
 * Manages products. Each step is one transaction, which is committed when its promise resolves, and says what it did in
 * the event that `@Audited` records.
 */
@Injectable()
export class ProductsService {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** @throws SkuTakenError (409) */
  async create(given: CreateProductDto): Promise<Readonly<ProductView>> {
    const { sku, name, description, priceCents, stock, active } = given;
    AuditContext.annotate({ details: { sku, name, priceCents, stock, active } });
    const now = new Date();
    const view = { id: uuidv7(), sku, name, description, priceCents, stock, active };
    const inserted = await AuditContext.managerOf(this.database)
      .createQueryBuilder()
      .insert()
      .into(ProductEntity)
      .values({ ...view, createdAt: now, updatedAt: now })
      .orIgnore()
      .returning('id')
      .execute();
    if (!Array.isArray(inserted.raw) || inserted.raw.length === 0) {
      AuditContext.annotate({ reason: 'sku_taken' });
      throw new SkuTakenError(sku);
    }
    return view;
  }

  /** @throws ProductNotFoundError (404) */
  async find(id: string): Promise<Readonly<ProductView>> {
    const product = await AuditContext.managerOf(this.database).findOneBy(ProductEntity, { id });
    if (!product) throw new ProductNotFoundError(id);
    return viewOf(product);
  }

  /** Newest first. */
  async list({ limit, before }: ProductPageQuery): Promise<Readonly<ProductView>[]> {
    const products = await AuditContext.managerOf(this.database).find(ProductEntity, {
      where: before === undefined ? {} : { id: LessThan(before) },
      order: { id: 'DESC' },
      take: limit,
    });
    return products.map(viewOf);
  }

  /** Changes what the product reads. @throws ProductNotFoundError (404) */
  change(id: string, { name, description }: ChangeProductDto): Promise<Readonly<ProductView>> {
    return this.write(id, () => ({
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
    }));
  }

  /** For orders from now on. @throws ProductNotFoundError (404) */
  setPrice(id: string, priceCents: number): Promise<Readonly<ProductView>> {
    return this.write(id, () => ({ priceCents }));
  }

  /** @throws ProductNotFoundError (404) */
  setStock(id: string, stock: number): Promise<Readonly<ProductView>> {
    return this.write(id, () => ({ stock }));
  }

  /** @throws ProductNotFoundError (404), ProductActivityRefusedError (409) when it is so already */
  setActive(id: string, active: boolean): Promise<Readonly<ProductView>> {
    return this.write(id, (product) => {
      if (product.active !== active) return { active };
      AuditContext.annotate({ reason: active ? 'product_is_active' : 'product_is_inactive' });
      throw new ProductActivityRefusedError(product.id, active);
    });
  }

  /** Orders keep what they have of it. @throws ProductNotFoundError (404) */
  async delete(id: string): Promise<void> {
    await AuditContext.inTransaction(this.database, async (manager) => {
      const product = await lockProduct(manager, id);
      const { name, priceCents, stock, active } = product;
      AuditContext.annotate({ details: { name, priceCents, stock, active } });
      await manager.delete(ProductEntity, { id: product.id });
    });
  }

  /** Writes what `decide` says of the locked product; the event tells those fields before and after. */
  private async write(id: string, decide: (product: ProductEntity) => ProductFields): Promise<Readonly<ProductView>> {
    const { before, after, view } = await AuditContext.inTransaction(this.database, async (manager) => {
      const product = await lockProduct(manager, id);
      const fields = decide(product);
      await manager.update(ProductEntity, { id: product.id }, { ...fields, updatedAt: new Date() });
      const old = viewOf(product);
      return { before: sameFields(old, fields), after: fields, view: { ...old, ...fields } };
    });
    AuditContext.annotate({ changes: { before, after } });
    return view;
  }
}

/** Of `product`, the fields that `fields` has. */
function sameFields(product: Readonly<ProductView>, fields: ProductFields): object {
  return Object.fromEntries(Object.entries(product).filter(([name]) => name in fields));
}

function viewOf(product: ProductEntity): Readonly<ProductView> {
  const { id, sku, name, description, priceCents, stock, active } = product;
  return { id, sku, name, description, priceCents, stock, active };
}
