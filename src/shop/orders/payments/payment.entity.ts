import { Column, Entity, PrimaryColumn } from 'typeorm';

/** PostgreSQL's driver gives a bigint as text. A constraint of the table makes sure that an amount is a safe integer. */
const CENTS = { from: Number, to: (cents: number) => cents };

/** The payment of an order. Each order has at most one payment, for the full amount. */
@Entity('orders_payment')
export class PaymentEntity {
  @PrimaryColumn('uuid')
  declare id: string;

  @Column('uuid', { name: 'order_id' })
  declare orderId: string;

  @Column('bigint', { name: 'amount_cents', transformer: CENTS })
  declare amountCents: number;

  /** The amount refunded so far. */
  @Column('bigint', { name: 'refunded_cents', transformer: CENTS })
  declare refundedCents: number;

  /** The reference by which the payment provider knows the charge. */
  @Column('text', { name: 'gateway_reference' })
  declare gatewayReference: string;

  /** The last four digits of the card; `null` if the request did not contain them. */
  @Column('text', { nullable: true })
  declare last4: string | null;

  @Column('timestamptz', { name: 'created_at' })
  declare createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  declare updatedAt: Date;
}
