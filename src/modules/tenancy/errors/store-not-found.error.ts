import { NotFoundException } from '@nestjs/common';

/** There is no store of that id. HTTP 404. */
export class StoreNotFoundError extends NotFoundException {
  constructor(id: string) {
    super(`Cannot find the store ${id}: no store has that id. GET /admin/stores lists them.`);
  }
}
