import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditContext } from '../../audit/index.js';
import { MemberEntity } from './tenancy.entities.js';

const PERMITTING = `
  SELECT store_id AS id FROM tenancy_member JOIN tenancy_role USING (store_id, role)
   WHERE user_id = $1 AND $2 = ANY (permissions)`;

/** What other modules may ask about stores. */
@Injectable()
export class StoreDirectory {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Whether the user is a member of the store, in whatever role; both ids are UUIDs. `false` for an unknown store. */
  isMember(storeId: string, userId: string): Promise<boolean> {
    return AuditContext.managerOf(this.database).existsBy(MemberEntity, { storeId, userId });
  }

  /** The stores in which the user's role has the permission; all ids are UUIDs. */
  async storesPermitting(userId: string, permission: string): Promise<readonly string[]> {
    const rows = await AuditContext.managerOf(this.database).query<readonly { readonly id: string }[]>(PERMITTING, [
      userId,
      permission,
    ]);
    return rows.map(({ id }) => id);
  }
}
