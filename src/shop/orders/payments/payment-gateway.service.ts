import { Injectable } from '@nestjs/common';

/** The reasons for which a payment can be declined, each with a description. */
export const DECLINE_REASONS = {
  card_declined: 'the card was declined',
  insufficient_funds: 'the card has not enough funds',
  card_expired: 'the card has expired',
} as const;
type DeclineReason = keyof typeof DECLINE_REASONS;

/** The result of a charge. The audit event of a declined payment contains `reason`. */
export type ChargeResult =
  | { readonly approved: true; readonly reference: string }
  | { readonly approved: false; readonly reason: DeclineReason };

export interface Charge {
  readonly orderId: string;
  readonly paymentMethodToken: string;
  readonly amountCents: number;
}

export interface Refund {
  readonly refundId: string;
  readonly reference: string;
  readonly amountCents: number;
}

/**
 * Simulates a payment provider. Approves every token except `tok_card_declined`, `tok_insufficient_funds` and `tok_card_expired`. These
 * tokens are declined for the reason in their name.
 */
@Injectable()
export class PaymentGateway {
  /** Charges an order once, even if the method is called several times: later calls return the same reference. */
  charge({ orderId, paymentMethodToken }: Charge): Promise<ChargeResult> {
    const reason = paymentMethodToken.replace(/^tok_/, '');
    const declined = Object.hasOwn(DECLINE_REASONS, reason);
    return Promise.resolve(
      declined
        ? { approved: false, reason: reason as DeclineReason } // hasOwn() checked the reason
        : { approved: true, reference: `sandbox_${orderId}` },
    );
  }

  /** Refunds a charge in part or in full. If the same `refundId` is used again, nothing more is refunded. */
  readonly refund: (refund: Refund) => Promise<void> = () => Promise.resolve();
}
