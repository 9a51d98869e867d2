import { ConflictException } from '@nestjs/common';

/** Another product has the SKU. HTTP 409. */
export class SkuTakenError extends ConflictException {
  constructor(sku: string) {
    super(`Cannot create the product ${sku}: there is one of that SKU. Choose another SKU, or change that product.`);
  }
}
