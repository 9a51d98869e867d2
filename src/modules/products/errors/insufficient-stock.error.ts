import { ConflictException } from '@nestjs/common';

/** More is wanted of a product than there is. HTTP 409. */
export class InsufficientStockError extends ConflictException {
  constructor(sku: string, wanted: number, stock: number) {
    super(`Cannot order ${wanted} of ${sku}: ${stock} are in stock. Order fewer, or wait until there are more.`);
  }
}
