import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditContext, PersonalNames } from '../../audit/index.js';
import { RefusedError } from '../../http-input/refused.error.js';
import { UserDirectory } from '../auth/index.js';
import { HoldsPersonalData, type PersonalDataHolder } from '../personal-data/index.js';
import { administeredBy, forgetInAdminLog } from './admin-audit-log.provider.js';
import { lockStore, requireStore } from './stores.service.js';
import type { AssignRoleDto, MemberView } from './tenancy.dto.js';
import { MemberEntity } from './tenancy.entities.js';

const REMOVE = `
  WITH removed AS (DELETE FROM tenancy_member WHERE store_id = $1 AND user_id = $2 RETURNING role)
  SELECT role FROM removed`;

/** Gives users their roles in stores, and takes them. Holds a person's memberships, and what the person administered. */
@Injectable()
@HoldsPersonalData({ section: 'memberships' })
export class MembersService implements PersonalDataHolder {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly users: UserDirectory,
    private readonly personalNames: PersonalNames,
  ) {}

  /**
   * Makes the user a member with that role, or gives a member another role. Committed when it resolves; the event gets
   * the role before and after.
   *
   * @throws RefusedError (404)
   */
  async assign(storeId: string, { userId, role }: AssignRoleDto): Promise<MemberView> {
    await requireStore(AuditContext.managerOf(this.database), storeId);
    if (!(await this.users.find(userId))) {
      const message = `Cannot find the user ${userId}: nobody has that id. Register the user first.`;
      throw new RefusedError(404, 'user_not_found', message);
    }
    const before = await AuditContext.inTransaction(this.database, async (manager) => {
      await lockStore(manager, storeId);
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
   * @throws RefusedError (404)
   */
  async revoke(storeId: string, userId: string): Promise<void> {
    const manager = AuditContext.managerOf(this.database);
    await requireStore(manager, storeId);
    const [removed] = await manager.query<{ role: string }[]>(REMOVE, [storeId, userId]);
    if (!removed) {
      const seen = `the user is not a member of the store ${storeId}`;
      const message = `Cannot take the role of the user ${userId}: ${seen}. GET /admin/stores/${storeId}/members lists them.`;
      throw new RefusedError(404, 'member_not_found', message);
    }
    const { role } = removed;
    AuditContext.annotate({ details: { roleName: role }, changes: { before: { role }, after: { role: null } } });
  }

  /** By the id of the user. @throws RefusedError (404) */
  async list(storeId: string): Promise<MemberView[]> {
    const manager = AuditContext.managerOf(this.database);
    await requireStore(manager, storeId);
    const select = { storeId: true, userId: true, role: true } as const;
    return manager.find(MemberEntity, { select, where: { storeId }, order: { userId: 'ASC' } });
  }

  async exportFor(userId: string, manager: EntityManager): Promise<object> {
    const stores = await manager.find(MemberEntity, { where: { userId }, order: { storeId: 'ASC' } });
    return { stores, administered: await administeredBy(userId, manager) };
  }

  async eraseFor(userId: string, manager: EntityManager): Promise<void> {
    await manager.delete(MemberEntity, { userId });
    await forgetInAdminLog({ id: userId }, manager, this.personalNames);
  }
}
