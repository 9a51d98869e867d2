import { RefusedError } from '../../http-input/refused.error.js';

/** There is no product of that id. */
export const productNotFound = (id: string): RefusedError =>
  new RefusedError(
    404,
    'product_not_found',
    `Cannot find the product ${id}: no product has that id. GET /products lists them.`,
  );

/** Another product has the SKU. */
export const skuTaken = (sku: string): RefusedError =>
  new RefusedError(
    409,
    'sku_taken',
    `Cannot create the product ${sku}: there is one of that SKU. Choose another SKU, or change that product.`,
  );

/** The product is already what it shall become. */
export const activityRefused = (id: string, active: boolean): RefusedError => {
  const state = active ? 'active' : 'inactive';
  const message = `Cannot ${active ? 'activate' : 'deactivate'} the product ${id}: it is ${state} already. There is nothing to do.`;
  return new RefusedError(409, `product_is_${state}`, message);
};

/** An item names no product, so that its price must be given, and is not. */
export const priceMissing = (sku: string): RefusedError =>
  new RefusedError(
    400,
    'price_missing',
    `Cannot order ${sku}: no product has that SKU, and the item has no unitPriceCents. Give one of the two.`,
  );

/** The product cannot be ordered now. */
export const productInactive = (sku: string): RefusedError =>
  new RefusedError(
    409,
    'product_inactive',
    `Cannot order ${sku}: the product is inactive. Leave it out, or ask an administrator to activate it.`,
  );

/** More is wanted of a product than there is. */
export const insufficientStock = (sku: string, wanted: number, stock: number): RefusedError =>
  new RefusedError(
    409,
    'insufficient_stock',
    `Cannot order ${wanted} of ${sku}: ${stock} are in stock. Order fewer, or wait until there are more.`,
  );
