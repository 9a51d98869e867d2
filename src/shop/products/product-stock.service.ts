import { Injectable } from '@nestjs/common';
import { In, type EntityManager } from 'typeorm';
import { RefusedError } from '../http-input/refused.error.js';
import { ProductEntity } from './product.entity.js';

/** An item of an order request. An item that is not a product needs a price in cents. */
export interface RequestedLine {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPriceCents?: number;
}

/** A line that was sold, with the price of one piece in cents. `productId` is null for an item that is not a product. */
export interface SoldLine extends RequestedLine {
  readonly unitPriceCents: number;
  readonly productId: string | null;
}

const WRITE_STOCK = `
  UPDATE catalog_product AS product SET stock = counted.stock, updated_at = now()
    FROM unnest($1::uuid[], $2::integer[]) AS counted (id, stock)
   WHERE product.id = counted.id`;

/** Takes sold items out of the stock, and puts returned items back. */
@Injectable()
export class ProductStock {
  /**
   * Puts the `returned` lines back into the stock, takes the `requested` lines out, and resolves with the sold lines. A product has its own price;
   * any other item has the given price. The transaction of `manager` locks the products' rows, always in the same order. Returned lines of
   * deleted products are skipped.
   *
   * @throws RefusedError (409, 400); the caller must then roll back
   */
  async exchange(
    manager: EntityManager,
    { returned, requested }: { readonly returned: readonly SoldLine[]; readonly requested: readonly RequestedLine[] },
  ): Promise<readonly SoldLine[]> {
    const products = await lockProducts(manager, returned, requested);
    const before = new Map(products.map(({ id, stock }) => [id, stock]));
    const byId = new Map(products.map((product) => [product.id, product]));
    const bySku = new Map(products.map((product) => [product.sku, product]));
    for (const { productId, quantity } of returned) {
      const product = productId === null ? undefined : byId.get(productId);
      if (product) product.stock += quantity;
    }
    const sold = requested.map((line) => sell(line, bySku.get(line.sku)));
    const moved = products.filter(({ id, stock }) => stock !== before.get(id));
    if (moved.length > 0) {
      await manager.query(WRITE_STOCK, [moved.map(({ id }) => id), moved.map(({ stock }) => stock)]);
    }
    return sold;
  }
}

/** Locks the rows in the order of their ids, so that two transactions never wait for each other. */
async function lockProducts(
  manager: EntityManager,
  returned: readonly SoldLine[],
  requested: readonly RequestedLine[],
): Promise<readonly ProductEntity[]> {
  const ids = returned.flatMap(({ productId }) => productId ?? []);
  const skus = requested.map(({ sku }) => sku);
  return manager.find(ProductEntity, {
    where: [{ id: In(ids) }, { sku: In(skus) }],
    order: { id: 'ASC' },
    lock: { mode: 'pessimistic_write' },
  });
}

function sell({ sku, quantity, unitPriceCents }: RequestedLine, product: ProductEntity | undefined): SoldLine {
  if (product === undefined) {
    if (unitPriceCents !== undefined) return { sku, quantity, unitPriceCents, productId: null };
    const message = `Cannot order ${sku}: no product has that SKU, and the item has no unitPriceCents. Correct the SKU, or add unitPriceCents.`;
    throw new RefusedError(400, 'price_missing', message);
  }
  const { id: productId, active, stock, priceCents } = product;
  if (!active) {
    const message = `Cannot order ${sku}: the product is inactive. Remove it from the order, or ask an administrator to activate it.`;
    throw new RefusedError(409, 'product_inactive', message);
  }
  if (stock < quantity) {
    const message = `Cannot order ${quantity} of ${sku}: ${stock} are in stock. Order fewer, or wait for new stock.`;
    throw new RefusedError(409, 'insufficient_stock', message);
  }
  product.stock -= quantity;
  return { sku, quantity, unitPriceCents: priceCents, productId };
}
