import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { AuditContext } from '../../../audit/index.js';
import type { Role } from '../access/roles.js';
import {
  AccountNotFoundError,
  AlreadyDoneError,
  EmailTakenError,
  LastAdministratorError,
  OwnAccountError,
} from '../accounts/account.error.js';
import { PasswordHasher } from '../accounts/password-hasher.service.js';
import type { UserEntity } from '../accounts/user.entity.js';
import { UserStore, type UserChange } from '../accounts/user-store.service.js';
import { EmailVerification } from '../emails/email-verification.service.js';
import { SessionRevocation } from '../sessions/session-revocation.service.js';

/** An account that an administrator wants made; `email` is normalised. */
export interface WantedUser {
  readonly email: string;
  readonly name: string;
  readonly password: string;
  readonly roles: readonly Role[];
}

/** What administrators do with the accounts of others. `by` is the administrator's id. */
@Injectable()
export class UserAdministration {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly verification: EmailVerification,
    private readonly revocation: SessionRevocation,
  ) {}

  /** @throws AccountNotFoundError (HTTP 404) */
  async find(id: string): Promise<UserEntity> {
    AuditContext.annotate({ resource: { type: 'user', id } });
    const user = await this.users.findById(id);
    if (user) return user;
    AuditContext.annotate({ reason: 'user_not_found' });
    throw new AccountNotFoundError(id);
  }

  /** A page of the accounts, newest first. */
  async list(limit: number, before?: string): Promise<UserEntity[]> {
    return this.users.list(limit, before);
  }

  /**
   * Makes an account whose owner must change the password first.
   *
   * @throws EmailTakenError (HTTP 409)
   */
  async create({ email, name, password, roles }: WantedUser): Promise<UserEntity> {
    AuditContext.annotate({ details: { email, roles } });
    const id = uuidv7();
    const passwordHash = await this.passwords.hash(password);
    const user = { id, email, name, passwordHash, roles: [...roles], passwordChangeRequired: true };
    if (!(await this.users.add(user))) {
      AuditContext.annotate({ reason: 'duplicate_email' });
      throw new EmailTakenError();
    }
    await this.verification.send(user);
    return this.find(id);
  }

  /** @throws AccountNotFoundError (HTTP 404), OwnAccountError, LastAdministratorError (HTTP 409) for taking that role */
  async update(by: string, id: string, { name, roles }: UserChange): Promise<UserEntity> {
    const before = await this.find(id);
    if (id === by && roles?.includes('admin') === false) throw ownAccount();
    const change = { ...(name === undefined ? {} : { name }), ...(roles === undefined ? {} : { roles }) };
    if (roles?.includes('admin') === false) {
      await this.unlessLastAdministrator(id, (manager) => this.users.update(id, change, manager));
    } else await this.users.update(id, change);
    const after = await this.find(id);
    AuditContext.annotate({ changes: { before: changeable(before), after: changeable(after) } });
    return after;
  }

  /** Lets the account be used again. @throws AccountNotFoundError (HTTP 404), AlreadyDoneError (HTTP 409) */
  async activate(id: string): Promise<UserEntity> {
    return this.setActive(id, true);
  }

  /**
   * Closes the account's sessions and lets it open none, until it is activated.
   *
   * @throws AccountNotFoundError (HTTP 404), AlreadyDoneError, OwnAccountError, LastAdministratorError (HTTP 409)
   */
  async deactivate(by: string, id: string): Promise<UserEntity> {
    AuditContext.annotate({ resource: { type: 'user', id } });
    if (id === by) throw ownAccount();
    const user = await this.setActive(id, false);
    await this.revocation.revokeAll(id, { revokedBy: 'admin', reason: 'account_deactivation' });
    return user;
  }

  /** @throws AccountNotFoundError (HTTP 404), OwnAccountError, LastAdministratorError (HTTP 409) */
  async remove(by: string, id: string): Promise<void> {
    AuditContext.annotate({ resource: { type: 'user', id } });
    if (id === by) throw ownAccount();
    await this.find(id);
    await this.unlessLastAdministrator(id, (manager) => this.users.remove(id, manager));
  }

  private async unlessLastAdministrator(...change: Parameters<UserStore['unlessLastAdministrator']>): Promise<void> {
    if (await this.users.unlessLastAdministrator(...change)) return;
    AuditContext.annotate({ reason: 'last_admin_role' });
    throw new LastAdministratorError();
  }

  private async setActive(id: string, active: boolean): Promise<UserEntity> {
    const user = await this.find(id);
    if (user.active === active) {
      AuditContext.annotate({ reason: active ? 'already_active' : 'already_inactive' });
      throw new AlreadyDoneError(`the account is ${active ? 'active' : 'not active'}`);
    }
    if (active) await this.users.update(id, { active });
    else await this.unlessLastAdministrator(id, (manager) => this.users.update(id, { active }, manager));
    AuditContext.annotate({ changes: { before: { active: user.active }, after: { active } } });
    return this.find(id);
  }
}

function changeable({ name, roles }: UserEntity): Pick<UserEntity, 'name' | 'roles'> {
  return { name, roles };
}

function ownAccount(): OwnAccountError {
  AuditContext.annotate({ reason: 'own_account' });
  return new OwnAccountError();
}
