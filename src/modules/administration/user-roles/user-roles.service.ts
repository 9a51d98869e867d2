import { Inject, Injectable } from '@nestjs/common';
import { AuditContext } from '../../../audit/index.js';
import { UserAccounts, type Role, type RoleChange } from '../../auth/index.js';
import type { UserRolesView } from './user-role.dto.js';
import {
  AccountNotFoundError,
  LastAdministratorError,
  RoleAlreadyAssignedError,
  RoleNotAssignedError,
} from './user-role.error.js';

type Refusal = Extract<RoleChange, { refused: string }>['refused'];

const REFUSALS: Readonly<Record<Refusal, new (id: string, role: string) => Error>> = {
  user_not_found: AccountNotFoundError,
  already_assigned: RoleAlreadyAssignedError,
  not_assigned: RoleNotAssignedError,
  last_admin_role: LastAdministratorError,
};

/** Gives users their roles in the whole application, and takes them; the event gets the roles before and after. */
@Injectable()
export class UserRolesService {
  constructor(@Inject(UserAccounts) private readonly accounts: UserAccounts) {}

  /** @throws AccountNotFoundError (404), RoleAlreadyAssignedError (409) */
  async assign(id: string, role: Role): Promise<Readonly<UserRolesView>> {
    return report(id, role, await this.accounts.assignRole(id, role));
  }

  /** @throws AccountNotFoundError (404), RoleNotAssignedError (409), LastAdministratorError (409) */
  async revoke(id: string, role: Role): Promise<Readonly<UserRolesView>> {
    return report(id, role, await this.accounts.revokeRole(id, role));
  }
}

function report(id: string, role: Role, change: RoleChange): Readonly<UserRolesView> {
  if ('refused' in change) {
    AuditContext.annotate({ reason: change.refused });
    throw new REFUSALS[change.refused](id, role);
  }
  const { before, after } = change;
  AuditContext.annotate({ changes: { before: { roles: before }, after: { roles: after } } });
  return { id: id.toLowerCase(), roles: after };
}
