import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One line of an order. */
@Entity('orders_item')
export class OrderItemEntity {
  @PrimaryColumn('uuid', { name: 'order_id' })
  declare orderId: string;

  /** The position of the line, from 0. */
  @PrimaryColumn('smallint')
  declare position: number;

  @Column('text')
  declare sku: string;

  @Column('integer')
  declare quantity: number;

  /** Price of one piece, in cents. */
  @Column('integer', { name: 'unit_price_cents' })
  declare unitPriceCents: number;

  /** The product with the stock; `null` for another item. The product may be deleted. */
  @Column('uuid', { name: 'product_id', nullable: true })
  declare productId: string | null;
}
