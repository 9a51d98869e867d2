import { NotFoundException } from '@nestjs/common';

/** The user is not a member of the store. HTTP 404. */
export class MemberNotFoundError extends NotFoundException {
  constructor(storeId: string, userId: string) {
    super(
      `Cannot take the role of the user ${userId}: the user is not a member of the store ${storeId}. ` +
        `GET /admin/stores/${storeId}/members lists them.`,
    );
  }
}
