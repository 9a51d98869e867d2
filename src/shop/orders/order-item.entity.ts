import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One line of an order. */
@Entity('orders_item')
export class OrderItemEntity {
  @PrimaryColumn('uuid', { name: 'order_id' })
  declare orderId: string;

  /** The position of the line in its order, from 0. */
  @PrimaryColumn('smallint')
  declare position: number;

  @Column('text')
  declare sku: string;

  @Column('integer')
  declare quantity: number;

  /** Price of one piece, in cents. */
  @Column('integer', { name: 'unit_price_cents' })
  declare unitPriceCents: number;

  /** The product whose stock the line uses; `null` if the item is not a product. The product may be deleted later. */
  @Column('uuid', { name: 'product_id', nullable: true })
  declare productId: string | null;
}
