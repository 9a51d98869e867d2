export { PRODUCT_LIMITS } from './products.dto.js';
export { ProductStock, type RequestedLine, type SoldLine } from './product-stock.service.js';
export { ProductsModule } from './products.module.js';
