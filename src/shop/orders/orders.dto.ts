import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  IsUUID,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import type { JsonObject } from '../../audit/index.js';
import { LoggedEvent, type LoggedActor } from '../http-input/page.dto.js';
import { TextField } from '../http-input/text-field.js';
import { PRODUCT_LIMITS, type RequestedLine } from '../products/index.js';
import { ORDER_LIMITS, type OrderLine } from './order-lines.js';
import { OrderEntity, type OrderStatus } from './order.entity.js';

/** One requested line of an order. */
export class OrderItemDto implements RequestedLine {
  /** The SKU of a product, or any other text. */
  @TextField(PRODUCT_LIMITS.sku)
  declare readonly sku: string;

  @IsInt()
  @Min(1)
  @Max(ORDER_LIMITS.quantity)
  declare readonly quantity: number;

  /** Price of one piece. Required, unless the SKU belongs to a product: the product's price is used then. */
  @ValidateIf(({ unitPriceCents }: OrderItemDto) => unitPriceCents !== undefined)
  @IsInt()
  @Min(0)
  @Max(PRODUCT_LIMITS.priceCents)
  declare readonly unitPriceCents?: number;
}

/** The new items of an order. */
export class ChangeOrderDto {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(ORDER_LIMITS.items)
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
  @IsUUID()
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
  @Matches(/^tok_[A-Za-z0-9_]{1,64}$/, {
    message: 'paymentMethodToken must be a token of the payment provider, such as tok_visa',
  })
  declare readonly paymentMethodToken: string;

  /** The last four digits of the card. */
  @ValidateIf(({ last4 }: PayOrderDto) => last4 !== undefined)
  @Matches(/^[0-9]{4}$/, { message: 'last4 must be four digits' })
  declare readonly last4?: string;
}

/** A refund of a payment. */
export class RefundPaymentDto {
  /** The amount to refund; default: everything that is not refunded yet. */
  @ValidateIf(({ amountCents }: RefundPaymentDto) => amountCents !== undefined)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  declare readonly amountCents?: number;

  @ValidateIf(({ reason }: RefundPaymentDto) => reason !== undefined)
  @TextField(500, { isLong: true })
  declare readonly reason?: string;
}

/** Chooses which part of an order's timeline is shown. */
export class TimelineQuery {
  @ApiPropertyOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly limit: number = 200;

  /** Id of the last entry of the previous page. The page begins with the next newer entry. */
  @IsOptional()
  @IsUUID()
  declare readonly after?: string;
}

/** An order after a step. */
export class OrderSummary {
  declare readonly id: string;
  declare readonly status: OrderStatus;
  declare readonly totalCents: number;
}

/** One sold line of an order. */
export class OrderItemView implements OrderLine {
  declare readonly sku: string;
  declare readonly quantity: number;
  declare readonly unitPriceCents: number;
}

/** An order with its items. */
export class OrderView extends OrderEntity {
  declare readonly items: OrderItemView[];
}

/** The caller's orders, newest first. */
export class OrderList {
  declare readonly items: OrderView[];
}

/** The payment of an order, including the amount that was refunded. */
export class PaymentView {
  declare readonly id: string;
  declare readonly orderId: string;
  declare readonly amountCents: number;
  declare readonly refundedCents: number;
  /** The last four digits of the card; `null` if the request did not contain them. */
  declare readonly last4: string | null;
}

/** An event of an order, or a failed attempt to change the order. */
export class TimelineItem extends LoggedEvent {
  declare readonly actor: LoggedActor;
  declare readonly details: JsonObject;
}

/** An order's timeline, oldest first. */
export class OrderTimeline {
  declare readonly items: TimelineItem[];
}
