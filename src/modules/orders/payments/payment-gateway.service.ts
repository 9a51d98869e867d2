import { Injectable } from '@nestjs/common';

/** Why a payment is declined, and what was seen then. */
export const DECLINE_REASONS = {
  card_declined: 'the card was declined',
  insufficient_funds: 'the card has not enough funds',
  card_expired: 'the card has expired',
} as const;
type DeclineReason = keyof typeof DECLINE_REASONS;

/** What a payment provider's answer to a charge comes down to. `reason` is the audit event's. */
export type ChargeResult =
  | { readonly approved: true; readonly reference: string }
  | { readonly approved: false; readonly reason: DeclineReason };

/** What to charge, and by which token: a card's number never comes here. */
export interface Charge {
  readonly orderId: string;
  readonly paymentMethodToken: string;
  readonly amountCents: number;
}

/** What to give back. */
export interface Refund {
  readonly refundId: string;
  readonly reference: string;
  readonly amountCents: number;
}

/**
 * The door to a payment provider, without money in this application: approves every token but `tok_card_declined`,
 * `tok_insufficient_funds` and `tok_card_expired`, which it declines for that reason.
 */
@Injectable()
export class PaymentGateway {
  /** Charges an order once, however often it is asked for: then with the same reference. */
  charge({ orderId, paymentMethodToken }: Charge): Promise<ChargeResult> {
    const reason = paymentMethodToken.replace(/^tok_/, '');
    const declined = Object.hasOwn(DECLINE_REASONS, reason);
    return Promise.resolve(
      declined
        ? { approved: false, reason: reason as DeclineReason } // it is one of their names
        : { approved: true, reference: `sandbox_${orderId}` },
    );
  }

  /** Gives part of a charge back, or all of it. A repeated `refundId` is given back once. */
  readonly refund: (refund: Refund) => Promise<void> = () => Promise.resolve();
}
