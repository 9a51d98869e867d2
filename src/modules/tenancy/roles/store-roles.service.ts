import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditContext } from '../../../audit/index.js';
import { StoreNotFoundError } from '../errors/store-not-found.error.js';
import { StoreEntity } from '../store.entity.js';
import type { StoreRoleView } from './store-role.dto.js';
import { StoreRoleEntity } from './store-role.entity.js';

/** Says what the roles of a store may do. */
@Injectable()
export class StoreRolesService {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /**
   * Gives a role these permissions, in place of those it had. Committed when it resolves; the event gets both.
   *
   * @throws StoreNotFoundError (404)
   */
  async setPermissions(storeId: string, role: string, wanted: readonly string[]): Promise<Readonly<StoreRoleView>> {
    const permissions = [...wanted].sort();
    const before = await AuditContext.inTransaction(this.database, async (manager) => {
      // One change at a time in a store, so that each sees the permissions that it replaces.
      const lock = { mode: 'pessimistic_write' } as const;
      if (!(await manager.findOne(StoreEntity, { where: { id: storeId }, lock }))) throw storeNotFound(storeId);
      const replaced = await manager.findOneBy(StoreRoleEntity, { storeId, role });
      await manager.upsert(StoreRoleEntity, { storeId, role, permissions, updatedAt: new Date() }, ['storeId', 'role']);
      return replaced?.permissions ?? [];
    });
    AuditContext.annotate({
      details: { oldPermissions: before, newPermissions: permissions },
      changes: { before: { permissions: before }, after: { permissions } },
    });
    return { storeId: storeId.toLowerCase(), role, permissions };
  }

  /** @throws StoreNotFoundError (404) */
  async list(storeId: string): Promise<Readonly<StoreRoleView>[]> {
    if (!(await AuditContext.managerOf(this.database).existsBy(StoreEntity, { id: storeId })))
      throw storeNotFound(storeId);
    const roles = await AuditContext.managerOf(this.database).find(StoreRoleEntity, {
      where: { storeId },
      order: { role: 'ASC' },
    });
    return roles.map(({ role, permissions, ...entity }) => ({ storeId: entity.storeId, role, permissions }));
  }
}

function storeNotFound(id: string): StoreNotFoundError {
  AuditContext.annotate({ reason: 'store_not_found' });
  return new StoreNotFoundError(id);
}
