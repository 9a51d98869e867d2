import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { AuditContext } from '../../../audit/index.js';
import { RefusedError } from '../../../http-input/refused.error.js';
import { alreadyDone, emailTaken } from '../account.error.js';
import { Emails } from '../emails/emails.service.js';
import type { RegisteredUserView, RegistrationDto, UserCreationDto, UserUpdateDto } from '../http/auth.dto.js';
import { Sessions } from '../sessions/sessions.service.js';
import { noteAccount } from './note-account.js';
import { PasswordHasher } from './password-hasher.service.js';
import type { UserEntity } from './user.entity.js';
import { UserStore, type NewUser } from './user-store.service.js';

/** Makes accounts, and does what administrators do with those of others. `by` is the administrator's id. */
@Injectable()
export class Users {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly emails: Emails,
    private readonly sessions: Sessions,
  ) {}

  /**
   * Stores an account with the role `user`, and mails its owner a token to confirm the address. In a transaction that is
   * rolled back then, the token is gone with the account: the mail does no harm, and the next registration sends another.
   *
   * @throws RefusedError (409)
   */
  async register({ email, password, name }: RegistrationDto): Promise<RegisteredUserView> {
    AuditContext.annotate({ details: { email, registrationMethod: 'email', emailVerified: false } });
    const { id } = await this.add({ email, name, roles: ['user'] }, password);
    noteAccount({ id, name });
    return { id, email };
  }

  /** Makes an account whose owner must change the password first. @throws RefusedError (409) */
  async create({ email, name, password, roles }: UserCreationDto): Promise<UserEntity> {
    AuditContext.annotate({ details: { email, roles } });
    const { id } = await this.add({ email, name, roles, passwordChangeRequired: true }, password);
    return this.find(id);
  }

  /** @throws RefusedError (404) */
  async find(id: string): Promise<UserEntity> {
    AuditContext.annotate({ resource: { type: 'user', id } });
    const user = await this.users.findById(id);
    if (user) return user;
    const message = `Cannot find the account ${id}: no account has that id. GET /admin/users lists them.`;
    throw new RefusedError(404, 'user_not_found', message);
  }

  /** A page of the accounts, newest first. */
  list(limit: number, before?: string): Promise<UserEntity[]> {
    return this.users.list(limit, before);
  }

  /** @throws RefusedError (404), and (409) for taking a role that nobody else could give back */
  async update(by: string, id: string, { name, roles }: UserUpdateDto): Promise<UserEntity> {
    const before = await this.find(id);
    const takesAdmin = roles?.includes('admin') === false;
    if (takesAdmin) requireOther(by, id);
    const change = { ...(name === undefined ? {} : { name }), ...(roles === undefined ? {} : { roles }) };
    if (takesAdmin) await this.unlessLastAdministrator(id, (manager) => this.users.update(id, change, manager));
    else await this.users.update(id, change);
    const after = await this.find(id);
    AuditContext.annotate({ changes: { before: changeable(before), after: changeable(after) } });
    return after;
  }

  /** Lets the account be used again. @throws RefusedError (404, 409) */
  activate(id: string): Promise<UserEntity> {
    return this.setActive(id, true);
  }

  /** Closes the account's sessions and lets it open none, until it is activated. @throws RefusedError (404, 409) */
  async deactivate(by: string, id: string): Promise<UserEntity> {
    AuditContext.annotate({ resource: { type: 'user', id } });
    requireOther(by, id);
    const user = await this.setActive(id, false);
    await this.sessions.revokeAll(id, { revokedBy: 'admin', reason: 'account_deactivation' });
    return user;
  }

  /** @throws RefusedError (404, 409) */
  async remove(by: string, id: string): Promise<void> {
    AuditContext.annotate({ resource: { type: 'user', id } });
    requireOther(by, id);
    await this.find(id);
    await this.unlessLastAdministrator(id, (manager) => this.users.remove(id, manager));
  }

  private async add(user: Omit<NewUser, 'id' | 'passwordHash'>, password: string): Promise<NewUser> {
    const added = { ...user, id: uuidv7(), passwordHash: await this.passwords.hash(password) };
    if (!(await this.users.add(added))) throw emailTaken();
    await this.emails.sendVerification(added);
    return added;
  }

  private async unlessLastAdministrator(...change: Parameters<UserStore['unlessLastAdministrator']>): Promise<void> {
    if (await this.users.unlessLastAdministrator(...change)) return;
    const seen = 'it is the last administrator. Make somebody else an administrator first.';
    throw new RefusedError(409, 'last_admin_role', `Cannot do this to the account: ${seen}`);
  }

  private async setActive(id: string, active: boolean): Promise<UserEntity> {
    const user = await this.find(id);
    if (user.active === active) {
      throw alreadyDone(
        active ? 'already_active' : 'already_inactive',
        `the account is ${active ? 'active' : 'not active'}`,
      );
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

/** Administrators cannot lock themselves out. */
function requireOther(by: string, id: string): void {
  if (by !== id) return;
  const seen = 'nobody might be left to undo it. Ask another administrator.';
  throw new RefusedError(409, 'own_account', `Cannot do this to your own account: ${seen}`);
}
