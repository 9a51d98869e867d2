import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { PersonalNames } from '../../audit/index.js';
import { RefusedError } from '../http-input/refused.error.js';
import { HoldsPersonalData, type PersonalDataHolder } from '../personal-data/index.js';
import { administeredBy, forgetInAdminLog } from './admin-audit-log.provider.js';
import { MemberEntity, StoreEntity } from './tenancy.entities.js';

const PERMITTING = `
  SELECT store_id AS id FROM tenancy_member JOIN tenancy_role USING (store_id, role)
   WHERE user_id = $1 AND $2 = ANY (permissions)`;

/** Finds stores and their members. Exports and erases a person's memberships and entries in the administrators' log. All ids are UUIDs. */
@Injectable()
@HoldsPersonalData({ section: 'memberships' })
export class StoreDirectory implements PersonalDataHolder {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly personalNames: PersonalNames,
  ) {}

  /** Whether the user is a member of the store, in any role. Resolves with `false` if the store is unknown. */
  isMember(storeId: string, userId: string): Promise<boolean> {
    return this.database.manager.existsBy(MemberEntity, { storeId, userId });
  }

  /** Lists the stores in which the user's role has the permission. */
  async storesPermitting(userId: string, permission: string): Promise<readonly string[]> {
    const rows = await this.database.query<readonly { readonly id: string }[]>(PERMITTING, [userId, permission]);
    return rows.map(({ id }) => id);
  }

  /** Checks that the store exists. @throws RefusedError (404) if the store does not exist */
  async require(id: string): Promise<void> {
    if (!(await this.database.manager.existsBy(StoreEntity, { id }))) throw storeNotFound(id);
  }

  /**
   * Locks the members and roles of a store until the transaction ends, so that each change sees the values that it replaces. Resolves with the
   * store's id as the database spells it.
   *
   * @throws RefusedError (404) if the store does not exist
   */
  async lock(id: string): Promise<string> {
    const lock = { mode: 'pessimistic_write' } as const;
    const store = await this.database.manager.findOne(StoreEntity, { where: { id }, lock });
    if (!store) throw storeNotFound(id);
    return store.id;
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

function storeNotFound(id: string): RefusedError {
  const message = `Cannot find the store ${id}: no store has that id. GET /admin/stores lists them.`;
  return new RefusedError(404, 'store_not_found', message);
}
