import { ConflictException } from '@nestjs/common';

/** The product is already what it shall become. HTTP 409. */
export class ProductActivityRefusedError extends ConflictException {
  constructor(id: string, active: boolean) {
    super(
      `Cannot ${active ? 'activate' : 'deactivate'} the product ${id}: it is ${active ? 'active' : 'inactive'} already. ` +
        'There is nothing to do.',
    );
  }
}
