import { NotFoundException } from '@nestjs/common';

/** There is no user of that id. HTTP 404. */
export class UserNotFoundError extends NotFoundException {
  constructor(id: string) {
    super(`Cannot find the user ${id}: nobody has that id. Register the user first.`);
  }
}
