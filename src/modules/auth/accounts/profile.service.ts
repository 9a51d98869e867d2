import { Injectable } from '@nestjs/common';
import { AuditContext } from '../../../audit/index.js';
import type { AuthenticatedUser } from '../access/authenticated-user.js';
import { UserStore } from './user-store.service.js';

/** What users change of their own accounts by themselves. */
@Injectable()
export class ProfileService {
  constructor(private readonly users: UserStore) {}

  /** Sets the name, and resolves with the account as it is then. */
  async rename(user: AuthenticatedUser, name: string): Promise<AuthenticatedUser> {
    AuditContext.annotate({ resource: { type: 'user', id: user.id } });
    await this.users.update(user.id, { name });
    AuditContext.annotate({ changes: { before: { name: user.name }, after: { name } } });
    return { ...user, name };
  }
}
