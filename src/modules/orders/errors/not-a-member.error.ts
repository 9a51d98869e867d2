import { ForbiddenException } from '@nestjs/common';

/** The caller is not a member of the store. HTTP 403. */
export class NotAMemberError extends ForbiddenException {
  constructor(storeId: string) {
    super(
      `Cannot order in the store ${storeId}: you are not one of its members. ` +
        'Ask an administrator to add you, or leave storeId out.',
    );
  }
}
