import { NotFoundException } from '@nestjs/common';

/** There is no order of that id, or it is somebody else's, which is not told apart. HTTP 404. */
export class OrderNotFoundError extends NotFoundException {
  constructor(id: string) {
    super(`Cannot find the order ${id}: you have no order with that id. GET /orders lists yours.`);
  }
}
