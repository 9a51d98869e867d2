import { HttpException, HttpStatus } from '@nestjs/common';
import type { DeclineReason } from '../payments/payment-gateway.js';

const SEEN: Readonly<Record<DeclineReason, string>> = {
  card_declined: 'the card was declined',
  insufficient_funds: 'the card has not enough funds',
  card_expired: 'the card has expired',
};

/** The payment provider takes no money for it. HTTP 402. */
export class PaymentDeclinedError extends HttpException {
  constructor(orderId: string, reason: DeclineReason) {
    const message = `Cannot pay the order ${orderId}: ${SEEN[reason]}. Use another card.`;
    super({ statusCode: HttpStatus.PAYMENT_REQUIRED, message, error: 'Payment Required' }, HttpStatus.PAYMENT_REQUIRED);
  }
}
