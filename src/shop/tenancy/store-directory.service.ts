import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { HoldsPersonalData, type PersonalDataHolder } from '../personal-data/index.js';
import { readAdminLog, eraseFromAdminLog } from './admin-audit-log.provider.js';
import { MemberEntity } from './tenancy.entities.js';

const PERMITTING = `
  SELECT store_id AS id FROM tenancy_member JOIN tenancy_role USING (store_id, role)
   WHERE user_id = $1 AND $2 = ANY (permissions)`;

/** Finds the stores of a person. Exports and erases a person's memberships and entries in the administrators' log. All ids are UUIDs. */
@Injectable()
@HoldsPersonalData({ section: 'memberships' })
export class StoreDirectory implements PersonalDataHolder {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Whether the user is a member of the store, in any role. Resolves with `false` if the store is unknown. */
  isMember(storeId: string, userId: string): Promise<boolean> {
    return this.database.manager.existsBy(MemberEntity, { storeId, userId });
  }

  /** Lists the stores in which the user's role has the permission. */
  async storesPermitting(userId: string, permission: string): Promise<readonly string[]> {
    const rows = await this.database.query<readonly { readonly id: string }[]>(PERMITTING, [userId, permission]);
    return rows.map(({ id }) => id);
  }

  async exportFor(userId: string, manager: EntityManager): Promise<object> {
    const stores = await manager.find(MemberEntity, { where: { userId }, order: { storeId: 'ASC' } });
    return { stores, administered: await readAdminLog(userId, manager) };
  }

  async eraseFor(userId: string, manager: EntityManager): Promise<void> {
    await manager.delete(MemberEntity, { userId });
    await eraseFromAdminLog({ id: userId }, manager);
  }
}
