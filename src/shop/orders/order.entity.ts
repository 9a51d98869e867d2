import { Column, Entity, PrimaryColumn } from 'typeorm';
import { AuditedEntity } from '../../audit/index.js';

export type OrderStatus = 'new' | 'paid' | 'shipped' | 'canceled';

/** An order. Its items are rows of {@link OrderItemEntity}. */
@Entity('orders_order')
@AuditedEntity({ resource: 'order', facts: ['status'], ignore: ['updatedAt'] })
export class OrderEntity {
  /** A UUIDv7, so that sorting by id is sorting by creation. */
  @PrimaryColumn('uuid')
  declare id: string;

  @Column('uuid', { name: 'owner_id' })
  declare ownerId: string;

  /** The store to which the order belongs: the store is a tenant. `null` for an order without a store. */
  @Column('uuid', { name: 'store_id', nullable: true })
  declare storeId: string | null;

  @Column('text')
  declare status: OrderStatus;

  /** PostgreSQL's driver gives a bigint as text. A total is a safe integer (see ORDER_LIMITS, and a constraint of the table). */
  @Column('bigint', { name: 'total_cents', transformer: { from: Number, to: (cents: number) => cents } })
  declare totalCents: number;

  /** Why the order was canceled, in the words of the person who canceled it; `null` for other orders. */
  @Column('text', { name: 'cancel_reason', nullable: true })
  declare cancelReason: string | null;

  @Column('timestamptz', { name: 'created_at' })
  declare createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}
