import { Column, Entity, PrimaryColumn } from 'typeorm';

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
