import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Column, DataSource, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { AuditContext } from '../../audit/index.js';
import { HoldsPersonalData, type PersonalDataHolder } from '../personal-data/index.js';
import type { AcceptanceView } from './data-requests.dto.js';

/** What people accept. */
export type Document = 'terms' | 'privacy_policy';

/** That a person accepted a version of a document, and when first. */
@Entity('privacy_acceptance')
export class AcceptanceEntity {
  @PrimaryColumn('uuid', { name: 'user_id' })
  declare userId: string;

  @PrimaryColumn('text')
  declare document: Document;

  @PrimaryColumn('text')
  declare version: string;

  @Column('timestamptz', { name: 'accepted_at' })
  declare acceptedAt: Date;
}

/** Which documents people accepted. They stay when the person goes, as what was agreed; an id alone names nobody. */
@Injectable()
@HoldsPersonalData({ section: 'acceptances' })
export class Acceptances implements PersonalDataHolder {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** In the current transaction, if there is one. Accepting a version again keeps the time of the first. */
  async accept(userId: string, document: Document, version: string): Promise<AcceptanceView> {
    const manager = AuditContext.managerOf(this.database);
    const accepted = { userId, document, version, acceptedAt: new Date() };
    await manager.createQueryBuilder().insert().into(AcceptanceEntity).values(accepted).orIgnore().execute();
    const { acceptedAt } = await manager.findOneByOrFail(AcceptanceEntity, { userId, document, version });
    return { document, version, acceptedAt };
  }

  exportFor(userId: string, manager: EntityManager): Promise<readonly object[]> {
    return manager.find(AcceptanceEntity, { where: { userId }, order: { acceptedAt: 'ASC' } });
  }
}
