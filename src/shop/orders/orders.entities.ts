import { Column, Entity, PrimaryColumn } from 'typeorm';
import { AuditedEntity } from '../../audit/index.js';

export type OrderStatus = 'new' | 'paid' | 'shipped' | 'canceled';

/** One line of an order, with the price of one piece in cents. */
export interface OrderItem {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPriceCents: number;
}

/** PostgreSQL's driver gives a bigint as text. Constraints of the tables make sure that an amount is a safe integer. */
const CENTS = { from: Number, to: (cents: number) => cents };

@Entity('orders_order')
@AuditedEntity({ resource: 'order', facts: ['status'], ignore: ['items', 'updatedAt'] })
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

  @Column('jsonb')
  declare items: OrderItem[];

  @Column('bigint', { name: 'total_cents', transformer: CENTS })
  declare totalCents: number;

  /** Why the order was canceled, in the words of the person who canceled it; `null` for other orders. */
  @Column('text', { name: 'cancel_reason', nullable: true })
  declare cancelReason: string | null;

  @Column('timestamptz', { name: 'created_at' })
  declare createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}

/** The payment of an order. Each order has at most one payment, for the full amount. */
@Entity('orders_payment')
export class PaymentEntity {
  @PrimaryColumn('uuid')
  declare id: string;

  @Column('uuid', { name: 'order_id' })
  declare orderId: string;

  @Column('bigint', { name: 'amount_cents', transformer: CENTS })
  declare amountCents: number;

  @Column('bigint', { name: 'refunded_cents', transformer: CENTS })
  declare refundedCents: number;

  /** The last four digits of the card; `null` if the request did not contain them. */
  @Column('text', { nullable: true })
  declare last4: string | null;

  @Column('timestamptz', { name: 'created_at' })
  declare createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}
