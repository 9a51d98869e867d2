import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditContext } from '../../audit/index.js';
import { UserDirectory } from '../auth/index.js';
import type { AssignRoleDto } from './dto/assign-role.dto.js';
import type { MemberView } from './dto/store.dto.js';
import { MemberNotFoundError } from './errors/member-not-found.error.js';
import { StoreNotFoundError } from './errors/store-not-found.error.js';
import { UserNotFoundError } from './errors/user-not-found.error.js';
import { MemberEntity } from './member.entity.js';
import { StoreEntity } from './store.entity.js';

const REMOVE = `
  WITH removed AS (DELETE FROM tenancy_member WHERE store_id = $1 AND user_id = $2 RETURNING role)
  SELECT role FROM removed`;

/** Gives users their roles in stores, and takes them. */
@Injectable()
export class MembersService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(UserDirectory) private readonly users: UserDirectory,
  ) {}

  /**
   * Makes the user a member with that role, or gives a member another role. Committed when it resolves; the event gets
   * the role before and after.
   *
   * @throws StoreNotFoundError (404), UserNotFoundError (404)
   */
  async assign(storeId: string, { userId, role }: AssignRoleDto): Promise<Readonly<MemberView>> {
    await this.requireStore(storeId);
    await this.requireUser(userId);
    const before = await AuditContext.inTransaction(this.database, async (manager) => {
      // One assignment at a time in a store, so that each sees the role that it replaces.
      const lock = { mode: 'pessimistic_write' } as const;
      await manager.findOneOrFail(StoreEntity, { where: { id: storeId }, lock });
      const member = await manager.findOneBy(MemberEntity, { storeId, userId });
      const updatedAt = new Date();
      if (member) await manager.update(MemberEntity, { storeId, userId }, { role, updatedAt });
      else await manager.insert(MemberEntity, { storeId, userId, role, createdAt: updatedAt, updatedAt });
      return member?.role ?? null;
    });
    AuditContext.annotate({ changes: { before: { role: before }, after: { role } } });
    return { storeId: storeId.toLowerCase(), userId: userId.toLowerCase(), role };
  }

  /**
   * Ends the membership, and the role with it. Committed when it resolves; the event gets the role that was.
   *
   * @throws StoreNotFoundError (404), MemberNotFoundError (404)
   */
  async revoke(storeId: string, userId: string): Promise<void> {
    await this.requireStore(storeId);
    const [removed] = await AuditContext.managerOf(this.database).query<{ role: string }[]>(REMOVE, [storeId, userId]);
    if (!removed) {
      AuditContext.annotate({ reason: 'member_not_found' });
      throw new MemberNotFoundError(storeId, userId);
    }
    const { role } = removed;
    AuditContext.annotate({ details: { roleName: role }, changes: { before: { role }, after: { role: null } } });
  }

  /** @throws StoreNotFoundError (404) */
  async list(storeId: string): Promise<Readonly<MemberView>[]> {
    await this.requireStore(storeId);
    const members = await AuditContext.managerOf(this.database).find(MemberEntity, {
      where: { storeId },
      order: { userId: 'ASC' },
    });
    return members.map(({ userId, role, ...member }) => ({ storeId: member.storeId, userId, role }));
  }

  private async requireStore(id: string): Promise<void> {
    if (await AuditContext.managerOf(this.database).existsBy(StoreEntity, { id })) return;
    AuditContext.annotate({ reason: 'store_not_found' });
    throw new StoreNotFoundError(id);
  }

  private async requireUser(id: string): Promise<void> {
    if (await this.users.find(id)) return;
    AuditContext.annotate({ reason: 'user_not_found' });
    throw new UserNotFoundError(id);
  }
}
