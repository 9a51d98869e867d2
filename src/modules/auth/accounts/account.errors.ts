import { ConflictException, UnauthorizedException } from '@nestjs/common';

/** HTTP 401: the e-mail address and the password are not those of an active account. Never says which of them is wrong. */
export class InvalidCredentialsError extends UnauthorizedException {
  constructor() {
    super('Cannot log in: the e-mail address or the password is wrong. Check both and try again.');
  }
}

/** HTTP 409: the e-mail address has an account. */
export class EmailTakenError extends ConflictException {
  constructor() {
    super('Cannot register: this e-mail address has an account already. Log in, or register with another address.');
  }
}
