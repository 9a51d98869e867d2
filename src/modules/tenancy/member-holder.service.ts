import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PersonalNames } from '../../audit/index.js';
import { HoldsPersonalData, type PersonalDataHolder } from '../personal-data/index.js';
import { AdminLogEntryEntity } from './admin-log/admin-log-entry.entity.js';
import { forgetInAdminLog } from './admin-log/forget-administrator.js';
import { MemberEntity } from './member.entity.js';

/** A person's memberships, and what the administrators' log has of the person's own acts. */
@Injectable()
@HoldsPersonalData({ section: 'memberships' })
export class MemberHolder implements PersonalDataHolder {
  constructor(@Inject(PersonalNames) private readonly personalNames: PersonalNames) {}

  async exportFor(userId: string, manager: EntityManager): Promise<object> {
    const stores = await manager.find(MemberEntity, { where: { userId }, order: { storeId: 'ASC' } });
    const administered = await manager.find(AdminLogEntryEntity, {
      where: { adminUserId: userId },
      order: { id: 'ASC' },
    });
    return { stores, administered };
  }

  async eraseFor(userId: string, manager: EntityManager): Promise<void> {
    await manager.delete(MemberEntity, { userId });
    await forgetInAdminLog({ id: userId }, manager, this.personalNames);
  }
}
