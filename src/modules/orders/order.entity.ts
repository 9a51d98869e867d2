import { Column, Entity, PrimaryColumn } from 'typeorm';
import { AuditedEntity } from '../../audit/index.js';

/** The states of an order. */
export type OrderStatus = 'new' | 'paid' | 'shipped' | 'canceled';

/** An order. Its items are {@link OrderItemEntity} rows. */
@Entity('orders_order')
@AuditedEntity({ resource: 'order', facts: ['status'], ignore: ['updatedAt'] })
export class OrderEntity {
  /** UUIDv7, so that ids are in the order of creation. */
  @PrimaryColumn('uuid')
  declare id: string;

  @Column('uuid', { name: 'owner_id' })
  declare ownerId: string;

  /** The store of the order, which is its tenant; `null` for an order without a store. */
  @Column('uuid', { name: 'store_id', nullable: true })
  declare storeId: string | null;

  @Column('text')
  declare status: OrderStatus;

  /** The driver gives a bigint as text; a total is a safe integer (ORDER_LIMITS, and a constraint of the table). */
  @Column('bigint', { name: 'total_cents', transformer: { from: Number, to: (cents: number) => cents } })
  declare totalCents: number;

  /** The reason, in the words of the person who canceled the order; `null` unless it is canceled. */
  @Column('text', { name: 'cancel_reason', nullable: true })
  declare cancelReason: string | null;

  @Column('timestamptz', { name: 'created_at' })
  declare createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}
