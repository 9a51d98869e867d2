import { Column, Entity, PrimaryColumn } from 'typeorm';
import { AuditedEntity } from '../../audit/index.js';

/** A product. */
@Entity('catalog_product')
@AuditedEntity({ resource: 'product', facts: ['sku', 'name', 'description'], ignore: ['updatedAt'] })
export class ProductEntity {
  /** A UUIDv7, so that sorting by id is sorting by creation. */
  @PrimaryColumn('uuid')
  declare id: string;

  /** The SKU is unique, and never changes. */
  @Column('text')
  declare sku: string;

  @Column('text')
  declare name: string;

  @Column('text')
  declare description: string;

  /** Price of one piece, in cents. */
  @Column('integer', { name: 'price_cents' })
  declare priceCents: number;

  @Column('integer')
  declare stock: number;

  @Column('timestamptz', { name: 'created_at' })
  declare createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}
