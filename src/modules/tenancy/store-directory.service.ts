import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { MemberEntity } from './member.entity.js';

/** What other modules may ask about stores. */
@Injectable()
export class StoreDirectory {
  constructor(@InjectRepository(MemberEntity) private readonly members: Repository<MemberEntity>) {}

  /** Whether the user is a member of the store, in whatever role; both ids are UUIDs. `false` for an unknown store. */
  isMember(storeId: string, userId: string): Promise<boolean> {
    return this.members.existsBy({ storeId, userId });
  }
}
