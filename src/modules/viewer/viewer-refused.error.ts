import { ForbiddenException } from '@nestjs/common';

/** The application's `authorize` refused the reader. */
export class ViewerRefusedException extends ForbiddenException {
  constructor() {
    super('Cannot show the audit log: the application does not grant "read" to you. Ask its administrator for it.');
  }
}
