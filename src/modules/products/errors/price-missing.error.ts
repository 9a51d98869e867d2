import { BadRequestException } from '@nestjs/common';

/** An item names no product, so that its price must be given, and is not. HTTP 400. */
export class PriceMissingError extends BadRequestException {
  constructor(sku: string) {
    super(`Cannot order ${sku}: no product has that SKU, and the item has no unitPriceCents. Give one of the two.`);
  }
}
