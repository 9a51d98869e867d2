import { Injectable } from '@nestjs/common';
import { AuditContext } from '../../audit/index.js';
import { RefusedError } from '../../http-input/refused.error.js';
import { UserAccounts, type Role, type RoleChange } from '../auth/index.js';
import type { UserRolesView } from './administration.dto.js';

/** Gives users their roles in the whole application, and takes them; the event gets the roles before and after. */
@Injectable()
export class UserRolesService {
  constructor(private readonly accounts: UserAccounts) {}

  /** @throws RefusedError (404, 409) */
  async assign(id: string, role: Role): Promise<UserRolesView> {
    return report(id, `give the user ${id} the role ${role}`, await this.accounts.assignRole(id, role));
  }

  /** @throws RefusedError (404, 409) */
  async revoke(id: string, role: Role): Promise<UserRolesView> {
    return report(id, `take the role ${role} of the user ${id}`, await this.accounts.revokeRole(id, role));
  }
}

/** What was seen, and what to do, by why a role was not changed. */
const REFUSALS = {
  user_not_found: 'nobody has that id. Register the user first.',
  already_assigned: 'the user has it already. There is nothing to do.',
  not_assigned: 'the user does not have it. There is nothing to do.',
  last_admin_role: 'it is the last administrator. Make somebody else an administrator first.',
} as const;

function report(id: string, doing: string, change: RoleChange): UserRolesView {
  if ('refused' in change) {
    const status = change.refused === 'user_not_found' ? 404 : 409;
    throw new RefusedError(status, change.refused, `Cannot ${doing}: ${REFUSALS[change.refused]}`);
  }
  const { before, after } = change;
  AuditContext.annotate({ changes: { before: { roles: before }, after: { roles: after } } });
  return { id: id.toLowerCase(), roles: [...after] };
}
