import { ConflictException, NotFoundException } from '@nestjs/common';

/** There is no account of that id. HTTP 404. */
export class AccountNotFoundError extends NotFoundException {
  constructor(id: string) {
    super(`Cannot change the roles of the user ${id}: nobody has that id. Register the user first.`);
  }
}

/** The user has the role. HTTP 409. */
export class RoleAlreadyAssignedError extends ConflictException {
  constructor(id: string, role: string) {
    super(`Cannot give the user ${id} the role ${role}: the user has it already. There is nothing to do.`);
  }
}

/** The user does not have the role. HTTP 409. */
export class RoleNotAssignedError extends ConflictException {
  constructor(id: string, role: string) {
    super(`Cannot take the role ${role} of the user ${id}: the user does not have it. There is nothing to do.`);
  }
}

/** Nobody would be left to administer the application. HTTP 409. */
export class LastAdministratorError extends ConflictException {
  constructor(id: string) {
    super(
      `Cannot take the role admin of the user ${id}: it is the last administrator. Make somebody else an administrator first.`,
    );
  }
}
