import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsObject, IsOptional, Matches, ValidateNested } from 'class-validator';
import { IdField, Optional, TextField, WholeNumber } from '../http-input/fields.js';
import type { OrderItem } from './orders.entities.js';

/** One requested line of an order. With these limits, a total is at most 10^14 cents, which is a safe integer. */
export class OrderItemDto implements OrderItem {
  @TextField(64)
  declare readonly sku: string;

  @WholeNumber(1, 10_000)
  declare readonly quantity: number;

  @WholeNumber(0, 100_000_000)
  declare readonly unitPriceCents: number;
}

/** The new items of an order. */
export class ChangeOrderDto {
  @ApiProperty({ type: [OrderItemDto] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  // ValidateNested alone would accept a list in place of an item, and would check the list's elements.
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => OrderItemDto)
  declare readonly items: OrderItemDto[];
}

/** A new order. */
export class PlaceOrderDto extends ChangeOrderDto {
  /** The store of the order; the caller must be a member. */
  @IsOptional()
  @IdField()
  declare readonly storeId?: string | null;
}

/** The reason for canceling an order. */
export class CancelOrderDto {
  @TextField(500, { isLong: true })
  declare readonly reason: string;
}

/** The payment of an order. It never contains a card number; instead, it contains a token that the payment provider issued. */
export class PayOrderDto {
  /** The token that the payment provider issued. It is never stored, and no event contains it. */
  @ApiProperty({ type: String })
  @Matches(/^tok_[A-Za-z0-9_]{1,64}$/, {
    message: 'paymentMethodToken must be a token of the payment provider, such as tok_visa',
  })
  declare readonly paymentMethodToken: string;

  /** The last four digits of the card. */
  @Optional({ type: String })
  @Matches(/^[0-9]{4}$/, { message: 'last4 must be four digits' })
  declare readonly last4?: string;
}

/** A refund of a payment. */
export class RefundPaymentDto {
  /** The amount to refund; default: everything that is not refunded yet. */
  @Optional()
  @WholeNumber(1, Number.MAX_SAFE_INTEGER)
  declare readonly amountCents?: number;

  @Optional()
  @TextField(500, { isLong: true })
  declare readonly reason?: string;
}

/** Chooses which part of an order's timeline is shown. */
export class TimelineQuery {
  @Optional()
  @Type(() => Number)
  @WholeNumber(1, 1_000)
  readonly limit: number = 200;

  /** Id of the last entry of the previous page. The page begins with the next newer entry. */
  @Optional()
  @IdField()
  declare readonly after?: string;
}
