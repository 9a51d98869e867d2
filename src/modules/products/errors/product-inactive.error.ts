import { ConflictException } from '@nestjs/common';

/** The product cannot be ordered now. HTTP 409. */
export class ProductInactiveError extends ConflictException {
  constructor(sku: string) {
    super(`Cannot order ${sku}: the product is inactive. Leave it out, or ask an administrator to activate it.`);
  }
}
