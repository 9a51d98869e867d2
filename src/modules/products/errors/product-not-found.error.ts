import { NotFoundException } from '@nestjs/common';

/** There is no product of that id. HTTP 404. */
export class ProductNotFoundError extends NotFoundException {
  constructor(id: string) {
    super(`Cannot find the product ${id}: no product has that id. GET /products lists them.`);
  }
}
