import { Injectable } from '@nestjs/common';
import { DECLINE_REASONS, PaymentGateway, type ChargeResult } from './payment-gateway.js';

/**
 * A payment provider without money, for the reference application: approves every token but `tok_card_declined`,
 * `tok_insufficient_funds` and `tok_card_expired`, which it declines for that reason.
 */
@Injectable()
export class SandboxPaymentGateway extends PaymentGateway {
  charge({ orderId, paymentMethodToken }: Parameters<PaymentGateway['charge']>[0]): Promise<ChargeResult> {
    const reason = DECLINE_REASONS.find((known) => paymentMethodToken === `tok_${known}`);
    if (reason !== undefined) return Promise.resolve({ approved: false, reason });
    return Promise.resolve({ approved: true, reference: `sandbox_${orderId}` });
  }

  refund(): Promise<void> {
    return Promise.resolve();
  }
}
