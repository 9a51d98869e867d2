import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext } from '../../audit/index.js';
import type { StoreView } from './dto/store.dto.js';
import { StoreEntity } from './store.entity.js';

/** Makes and lists stores. */
@Injectable()
export class StoresService {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Committed when it resolves. Two stores may have one name. */
  async create(name: string): Promise<Readonly<StoreView>> {
    const id = uuidv7();
    await AuditContext.managerOf(this.database).insert(StoreEntity, { id, name, createdAt: new Date() });
    return { id, name };
  }

  /** All, oldest first. */
  async list(): Promise<Readonly<StoreView>[]> {
    const stores = await this.database.manager.find(StoreEntity, { order: { id: 'ASC' } });
    return stores.map(({ id, name }) => ({ id, name }));
  }
}
