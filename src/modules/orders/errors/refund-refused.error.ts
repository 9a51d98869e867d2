import { ConflictException } from '@nestjs/common';

/** There is nothing to give back, or less than was asked for. HTTP 409. */
export class RefundRefusedError extends ConflictException {
  /** Nothing was paid for the order. */
  static unpaid(orderId: string): RefundRefusedError {
    return new RefundRefusedError(
      `Cannot refund the order ${orderId}: nothing was paid for it. Refund an order that is paid.`,
    );
  }

  /** Less is left of the payment than was asked for. */
  static tooMuch(orderId: string, leftCents: number): RefundRefusedError {
    return new RefundRefusedError(
      `Cannot refund the order ${orderId}: ${leftCents} cents are left of its payment. Ask for that at most.`,
    );
  }

  /** An administrator paused refunds. */
  static paused(orderId: string): RefundRefusedError {
    return new RefundRefusedError(
      `Cannot refund the order ${orderId}: an administrator paused refunds. Try again when they are on.`,
    );
  }

  /** A setting allows less in one refund. */
  static aboveSetting(orderId: string, setting: string, mostCents: number): RefundRefusedError {
    return new RefundRefusedError(
      `Cannot refund the order ${orderId}: the setting ${setting} allows ${mostCents} cents in one refund. Ask for less, or change the setting.`,
    );
  }

  /** Nothing is left of the payment. */
  static refunded(orderId: string): RefundRefusedError {
    return new RefundRefusedError(
      `Cannot refund the order ${orderId}: its payment is given back already. There is nothing to do.`,
    );
  }
}
