/** What a payment provider's answer to a charge comes down to. `reason` is the audit event's. */
export type ChargeResult =
  | { readonly approved: true; readonly reference: string }
  | { readonly approved: false; readonly reason: DeclineReason };

/** Why a payment is declined. */
export const DECLINE_REASONS = ['card_declined', 'insufficient_funds', 'card_expired'] as const;
export type DeclineReason = (typeof DECLINE_REASONS)[number];

/**
 * The door to a payment provider. It knows cards by the token that the provider's own form gave the buyer; a card's
 * number never comes here.
 */
export abstract class PaymentGateway {
  /** Charges `amountCents`. An order is charged once, however often it is asked for: then with the same reference. */
  abstract charge(request: {
    readonly orderId: string;
    readonly paymentMethodToken: string;
    readonly amountCents: number;
  }): Promise<ChargeResult>;

  /** Gives part of a charge back, or all of it. A repeated `refundId` is given back once. */
  abstract refund(request: {
    readonly refundId: string;
    readonly reference: string;
    readonly amountCents: number;
  }): Promise<void>;
}
