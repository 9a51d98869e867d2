import { ApiProperty } from '@nestjs/swagger';
import type { PaymentEntity } from './payment.entity.js';

/** What was paid for an order, and what of it was given back. */
export class PaymentView {
  @ApiProperty({ format: 'uuid' })
  declare readonly id: string;

  @ApiProperty({ format: 'uuid' })
  declare readonly orderId: string;

  @ApiProperty({ type: 'integer', example: 450 })
  declare readonly amountCents: number;

  @ApiProperty({ type: 'integer', example: 0 })
  declare readonly refundedCents: number;

  /** The last four digits of the card; `null` when they were not said. */
  @ApiProperty({ type: String, nullable: true, example: '4242' })
  declare readonly last4: string | null;
}

/** A payment as it is shown. */
export function paymentViewOf(payment: PaymentEntity): Readonly<PaymentView> {
  const { id, orderId, amountCents, refundedCents, last4 } = payment;
  return { id, orderId, amountCents, refundedCents, last4 };
}
