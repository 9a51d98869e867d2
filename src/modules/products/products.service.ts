import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, LessThan, type EntityManager } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext } from '../../audit/index.js';
import type { PageQuery } from '../../http-input/page.dto.js';
import { ProductEntity } from './product.entity.js';
import type { CreateProductDto, HistoryItem, ProductView } from './products.dto.js';
import { activityRefused, productNotFound, skuTaken } from './products.error.js';

/** What can be changed of a product, as its events tell it. */
type ProductFields = { readonly [Name in Exclude<keyof ProductView, 'id' | 'sku'>]?: ProductView[Name] };

const HISTORY = `
  SELECT id, occurred_at AS "occurredAt", type, outcome, json_build_object('type', actor_type, 'id', actor_id) AS actor,
         reason, changes
    FROM product_history WHERE product_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`;

/**
 * Manages products. Each step is one transaction, which is committed when its promise resolves, and says what it did in
 * the event that `@Audited` records.
 */
@Injectable()
export class ProductsService {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** @throws RefusedError (409) */
  async create({ sku, name, description, priceCents, stock, active }: CreateProductDto): Promise<ProductView> {
    AuditContext.annotate({ details: { sku, name, priceCents, stock, active } });
    const now = new Date();
    const view = { id: uuidv7(), sku, name, description, priceCents, stock, active };
    const product = { ...view, createdAt: now, updatedAt: now };
    const insert = AuditContext.managerOf(this.database).createQueryBuilder().insert().into(ProductEntity);
    const inserted = await insert.values(product).orIgnore().returning('id').execute();
    if (!Array.isArray(inserted.raw) || inserted.raw.length === 0) throw skuTaken(sku);
    return view;
  }

  /** @throws RefusedError (404) */
  async find(id: string): Promise<ProductView> {
    const product = await AuditContext.managerOf(this.database).findOneBy(ProductEntity, { id });
    if (!product) throw productNotFound(id);
    return viewOf(product);
  }

  /** Newest first. */
  async list({ limit, before }: PageQuery): Promise<ProductView[]> {
    const products = await AuditContext.managerOf(this.database).find(ProductEntity, {
      where: before === undefined ? {} : { id: LessThan(before) },
      order: { id: 'DESC' },
      take: limit,
    });
    return products.map(viewOf);
  }

  /** What happened to a product, newest first. */
  history(id: string, { limit, before }: PageQuery): Promise<HistoryItem[]> {
    return this.database.query(HISTORY, [id, before, limit]);
  }

  /** Sets the fields that are given. A price is for orders from now on. @throws RefusedError (404) */
  change(id: string, fields: ProductFields): Promise<ProductView> {
    return this.write(id, () => fields);
  }

  /** @throws RefusedError (404), and (409) when it is so already */
  setActive(id: string, active: boolean): Promise<ProductView> {
    return this.write(id, (product) => {
      if (product.active === active) throw activityRefused(product.id, active);
      return { active };
    });
  }

  /** Orders keep what they have of it. @throws RefusedError (404) */
  async delete(id: string): Promise<void> {
    await AuditContext.inTransaction(this.database, async (manager) => {
      const product = await lockProduct(manager, id);
      const { name, priceCents, stock, active } = product;
      AuditContext.annotate({ details: { name, priceCents, stock, active } });
      await manager.delete(ProductEntity, { id: product.id });
    });
  }

  /** Writes what `decide` says of the locked product; the event tells those fields before and after. */
  private async write(id: string, decide: (product: ProductEntity) => ProductFields): Promise<ProductView> {
    const { before, after, view } = await AuditContext.inTransaction(this.database, async (manager) => {
      const product = await lockProduct(manager, id);
      const fields = decide(product);
      await manager.update(ProductEntity, { id: product.id }, Object.assign({ updatedAt: new Date() }, fields));
      const old = viewOf(product);
      const replaced = Object.fromEntries(Object.entries(old).filter(([name]) => name in fields));
      return { before: replaced, after: fields, view: Object.assign({}, old, fields) };
    });
    AuditContext.annotate({ changes: { before, after } });
    return view;
  }
}

/** Locks a product's row, so that neither an order nor an administrator changes it before the transaction ends. */
async function lockProduct(manager: EntityManager, id: string): Promise<ProductEntity> {
  const product = await manager.findOne(ProductEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (!product) throw productNotFound(id);
  AuditContext.annotate({ resource: { type: 'product', id: product.id }, details: { sku: product.sku } });
  return product;
}

function viewOf(product: ProductEntity): ProductView {
  const { id, sku, name, description, priceCents, stock, active } = product;
  return { id, sku, name, description, priceCents, stock, active };
}
