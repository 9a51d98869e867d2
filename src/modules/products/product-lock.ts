import type { EntityManager } from 'typeorm';
import { AuditContext } from '../../audit/index.js';
import { ProductNotFoundError } from './errors/product-not-found.error.js';
import { ProductEntity } from './product.entity.js';

/**
 * Locks a product's row, so that neither an order nor an administrator changes it before the transaction ends. The
 * operation's event gets the product and its SKU.
 *
 * @throws ProductNotFoundError (404)
 */
export async function lockProduct(manager: EntityManager, id: string): Promise<ProductEntity> {
  const product = await manager.findOne(ProductEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (!product) {
    AuditContext.annotate({ reason: 'product_not_found' });
    throw new ProductNotFoundError(id);
  }
  AuditContext.annotate({ resource: { type: 'product', id: product.id }, details: { sku: product.sku } });
  return product;
}
