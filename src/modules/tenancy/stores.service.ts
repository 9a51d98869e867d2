import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import type { StoreView } from './dto/store.responses.js';
import { StoreEntity } from './store.entity.js';

/** Makes and lists stores. */
@Injectable()
export class StoresService {
  constructor(@InjectRepository(StoreEntity) private readonly stores: Repository<StoreEntity>) {}

  /** Committed when it resolves. Two stores may have one name. */
  async create(name: string): Promise<Readonly<StoreView>> {
    const id = uuidv7();
    await this.stores.insert({ id, name, createdAt: new Date() });
    return { id, name };
  }

  /** All, oldest first. */
  async list(): Promise<Readonly<StoreView>[]> {
    const stores = await this.stores.find({ order: { id: 'ASC' } });
    return stores.map(({ id, name }) => ({ id, name }));
  }
}
