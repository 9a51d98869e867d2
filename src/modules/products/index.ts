export { PRODUCT_LIMITS, SKU_PATTERN } from './product-limits.js';
export { ProductStock, type RequestedLine, type SoldLine } from './stock/product-stock.service.js';
export { ProductsModule } from './products.module.js';
