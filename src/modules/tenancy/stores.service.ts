import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext } from '../../audit/index.js';
import { RefusedError } from '../../http-input/refused.error.js';
import type { StoreRoleView, StoreView } from './tenancy.dto.js';
import { StoreEntity, StoreRoleEntity } from './tenancy.entities.js';

/** Makes and lists stores, and says what their roles may do. */
@Injectable()
export class StoresService {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Committed when it resolves. Two stores may have one name. */
  async create(name: string): Promise<StoreView> {
    const id = uuidv7();
    await AuditContext.managerOf(this.database).insert(StoreEntity, { id, name, createdAt: new Date() });
    return { id, name };
  }

  /** All, oldest first. */
  list(): Promise<StoreView[]> {
    return this.database.manager.find(StoreEntity, { select: { id: true, name: true }, order: { id: 'ASC' } });
  }

  /**
   * Gives a role these permissions, in place of those it had. Committed when it resolves; the event gets both.
   *
   * @throws RefusedError (404)
   */
  async setPermissions(storeId: string, role: string, wanted: readonly string[]): Promise<StoreRoleView> {
    const permissions = [...wanted].sort();
    const before = await AuditContext.inTransaction(this.database, async (manager) => {
      await lockStore(manager, storeId);
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

  /** @throws RefusedError (404) */
  async listRoles(storeId: string): Promise<StoreRoleView[]> {
    const manager = AuditContext.managerOf(this.database);
    await requireStore(manager, storeId);
    const select = { storeId: true, role: true, permissions: true } as const;
    return manager.find(StoreRoleEntity, { select, where: { storeId }, order: { role: 'ASC' } });
  }
}

/** @throws RefusedError (404) without the store */
export async function requireStore(manager: EntityManager, id: string): Promise<void> {
  if (!(await manager.existsBy(StoreEntity, { id }))) throw storeNotFound(id);
}

/**
 * Lets one transaction at a time change the members and roles of a store, so that each sees what it replaces.
 *
 * @throws RefusedError (404) without the store
 */
export async function lockStore(manager: EntityManager, id: string): Promise<void> {
  const lock = { mode: 'pessimistic_write' } as const;
  if (!(await manager.findOne(StoreEntity, { where: { id }, lock }))) throw storeNotFound(id);
}

function storeNotFound(id: string): RefusedError {
  const message = `Cannot find the store ${id}: no store has that id. GET /admin/stores lists them.`;
  return new RefusedError(404, 'store_not_found', message);
}
