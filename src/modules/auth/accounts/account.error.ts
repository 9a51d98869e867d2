import { BadRequestException, ConflictException, NotFoundException, UnauthorizedException } from '@nestjs/common';

/** HTTP 401: the e-mail address and the password are not those of an active account. Never says which of them is wrong. */
export class InvalidCredentialsError extends UnauthorizedException {
  constructor() {
    super('Cannot log in: the e-mail address or the password is wrong. Check both and try again.');
  }
}

/** HTTP 409: the e-mail address has an account. */
export class EmailTakenError extends ConflictException {
  constructor() {
    super('Cannot use this e-mail address: it has an account already. Log in, or choose another address.');
  }
}

/** HTTP 401: the code, or the challenge that it answers, is not good. Never says which of them. */
export class InvalidCodeError extends UnauthorizedException {
  constructor() {
    super('Cannot log in: the code or its challenge is wrong or past its end. Log in again with e-mail and password.');
  }
}

/** HTTP 401: the refresh token is not good (any more). */
export class RefreshRefusedError extends UnauthorizedException {
  constructor() {
    super('Cannot refresh the session: the refresh token is not good any more. Log in again.');
  }
}

/** HTTP 400: the current password, asked for again, is wrong. */
export class WrongPasswordError extends BadRequestException {
  constructor() {
    super('Cannot change the account: the current password is wrong. Check it and try again.');
  }
}

/** HTTP 400: the new password is the old one. */
export class SamePasswordError extends BadRequestException {
  constructor() {
    super('Cannot change the password: the new one is the current one. Choose another.');
  }
}

/** HTTP 400: the token of a mail is not good (any more). */
export class InvalidMailTokenError extends BadRequestException {
  constructor() {
    super('Cannot continue: the token is wrong, used or past its end. Ask for another mail.');
  }
}

/** HTTP 400: the code of the authenticator is wrong. */
export class WrongCodeError extends BadRequestException {
  constructor() {
    super('Cannot change the second factor: the code is wrong. Enter the one that the authenticator shows now.');
  }
}

/** HTTP 409: what is asked for is so already. */
export class AlreadyDoneError extends ConflictException {
  constructor(seen: string) {
    super(`Cannot do this again: ${seen}. There is nothing more to do.`);
  }
}

/** HTTP 404: the account has no such session, key or the like. */
export class NotOfAccountError extends NotFoundException {
  constructor(kind: 'session' | 'API key') {
    super(`Cannot find the ${kind}: the account has no ${kind} with that id. List them to see their ids.`);
  }
}

/** HTTP 404: there is no account of that id. */
export class AccountNotFoundError extends NotFoundException {
  constructor(id: string) {
    super(`Cannot find the account ${id}: no account has that id. GET /admin/users lists them.`);
  }
}

/** HTTP 409: administrators cannot lock themselves out. */
export class OwnAccountError extends ConflictException {
  constructor() {
    super('Cannot do this to your own account: nobody might be left to undo it. Ask another administrator.');
  }
}

/** HTTP 409: nobody would be left to administer. */
export class LastAdministratorError extends ConflictException {
  constructor() {
    super('Cannot do this to the account: it is the last administrator. Make somebody else an administrator first.');
  }
}
