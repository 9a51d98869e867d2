import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditContext } from '../../../audit/index.js';
import { lockOrder } from '../order-lock.js';
import type { PaymentView, RefundPaymentDto } from '../orders.dto.js';
import { refundRefused } from '../orders.error.js';
import { PaymentGateway } from './payment-gateway.js';
import { PaymentEntity, paymentViewOf } from './payment.entity.js';

/** Gives payments back, in one go or in parts. The order's state and the stock stay as they are. */
@Injectable()
export class RefundsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly gateway: PaymentGateway,
  ) {}

  /**
   * Gives back what is asked for of anybody's order, or all that is left: for administrators. Committed when it resolves.
   * While some of the payment is left, the event's outcome is `partial`, and its severity that of a success.
   *
   * @throws RefusedError (404, 409)
   */
  async refund(orderId: string, asked: RefundPaymentDto): Promise<PaymentView> {
    if (asked.reason !== undefined) AuditContext.annotate({ details: { reason: asked.reason } });
    if (asked.amountCents !== undefined) AuditContext.annotate({ details: { amountCents: asked.amountCents } });
    const { before, after } = await AuditContext.inTransaction(this.database, async (manager) => {
      const { payment, amountCents } = await lockPayment(manager, orderId, asked.amountCents);
      const { gatewayReference: reference } = payment;
      // The same id when what was given back could not be committed, and is asked for again.
      const refundId = `${payment.id}-${payment.refundedCents}`;
      await this.gateway.refund({ refundId, reference, amountCents });
      const fields = { refundedCents: payment.refundedCents + amountCents, updatedAt: new Date() };
      await manager.update(PaymentEntity, { id: payment.id }, fields);
      AuditContext.annotate({ details: { amountCents } });
      const before = payment.refundedCents;
      return { before, after: paymentViewOf(Object.assign(payment, fields)) };
    });
    const leftCents = after.amountCents - after.refundedCents;
    AuditContext.annotate({
      details: { leftCents },
      changes: { before: { refundedCents: before }, after: { refundedCents: after.refundedCents } },
      ...(leftCents > 0 ? { outcome: 'partial', severity: 'info' } : {}),
    });
    return after;
  }
}

/** The payment, and how much of it to give back. The order's row is the lock of its payment. */
async function lockPayment(
  manager: EntityManager,
  orderId: string,
  askedCents: number | undefined,
): Promise<{ readonly payment: PaymentEntity; readonly amountCents: number }> {
  const { id } = await lockOrder(manager, orderId);
  const payment = await manager.findOneBy(PaymentEntity, { orderId: id });
  if (!payment)
    throw refundRefused(id, 'order_is_not_paid', 'nothing was paid for it', 'Refund an order that is paid.');
  AuditContext.annotate({ details: { paymentId: payment.id } });
  const leftCents = payment.amountCents - payment.refundedCents;
  if (leftCents === 0)
    throw refundRefused(id, 'payment_is_refunded', 'its payment is given back already', 'There is nothing to do.');
  const amountCents = askedCents ?? leftCents;
  if (amountCents > leftCents) {
    const seen = `${leftCents} cents are left of its payment`;
    throw refundRefused(id, 'refund_exceeds_payment', seen, 'Ask for that at most.');
  }
  return { payment, amountCents };
}
