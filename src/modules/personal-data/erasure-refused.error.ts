import { ConflictException } from '@nestjs/common';

/** A feature cannot let a person go yet. HTTP 409. */
export class ErasureRefusedError extends ConflictException {
  /**
   * @param reason of the audit event, in snake_case
   * @param seen what stands against it
   * @param remedy what to do first, a sentence
   */
  constructor(
    readonly reason: string,
    seen: string,
    remedy: string,
  ) {
    super(`Cannot delete the account: ${seen}. ${remedy}`);
  }
}
