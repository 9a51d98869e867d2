import { ApiProperty } from '@nestjs/swagger';
import { ORDER_STATUSES, type OrderStatus } from '../order-status.js';
import type { OrderLine } from '../order-total.js';

/** What an order is after a step. */
export class OrderSummary {
  @ApiProperty({ format: 'uuid' })
  declare readonly id: string;

  @ApiProperty({ enum: ORDER_STATUSES })
  declare readonly status: OrderStatus;

  @ApiProperty({ type: 'integer', example: 450 })
  declare readonly totalCents: number;
}

/** One line of an order, as it was sold. */
class OrderItemView implements OrderLine {
  @ApiProperty({ example: 'pen-blue' })
  declare readonly sku: string;

  @ApiProperty({ type: 'integer', example: 3 })
  declare readonly quantity: number;

  /** Price of one piece. */
  @ApiProperty({ type: 'integer', example: 150 })
  declare readonly unitPriceCents: number;
}

/** An order with its items. */
export class OrderView extends OrderSummary {
  @ApiProperty({ format: 'uuid' })
  declare readonly ownerId: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  declare readonly storeId: string | null;

  @ApiProperty({ type: String, nullable: true })
  declare readonly cancelReason: string | null;

  @ApiProperty({ type: [OrderItemView] })
  declare readonly items: readonly OrderLine[];

  /** RFC 3339, UTC. */
  @ApiProperty({ format: 'date-time' })
  declare readonly createdAt: string;

  /** RFC 3339, UTC. */
  @ApiProperty({ format: 'date-time' })
  declare readonly updatedAt: string;
}

/** The caller's orders, newest first. */
export class OrderList {
  @ApiProperty({ type: [OrderView] })
  declare readonly items: readonly Readonly<OrderView>[];
}
