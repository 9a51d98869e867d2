import { Body, Controller, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext, type AuditedOptions, AuditedTransaction } from '../../../audit/index.js';
import { RefusedError } from '../../http-input/refused.error.js';
import { CurrentUser, Roles, type AuthenticatedUser } from '../../auth/index.js';
import { lockOrder, statusAfter } from '../order-steps.js';
import { OrderEntity } from '../order.entity.js';
import { PaymentView, PayOrderDto, RefundPaymentDto } from '../orders.dto.js';
import { DECLINE_REASONS, PaymentGateway } from './payment-gateway.service.js';
import { PaymentEntity } from './payment.entity.js';

/** The order is the resource, so that the order's timeline contains the payment's event. */
const AUDITED_PAYMENT: AuditedOptions = {
  resource: ({ request }) => ({ type: 'order', id: request.params?.id }),
};

/** Handles payments by the owners of orders, and refunds by administrators. Both operations lock the order's row. */
@ApiTags('orders')
@Controller('orders/:id')
export class PaymentsController {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly gateway: PaymentGateway,
  ) {}

  /** Pays one of your new orders, in full; 402 if the payment is declined */
  @Post('payments')
  @AuditedTransaction('payment_receipt', AUDITED_PAYMENT)
  async pay(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { paymentMethodToken, last4 }: PayOrderDto,
  ): Promise<PaymentView> {
    if (last4 !== undefined) AuditContext.annotate({ details: { last4 } });
    const { manager } = this.database;
    const order = await lockOrder(manager, id, caller);
    const status = statusAfter(order, 'pay');
    const { id: orderId, totalCents: amountCents } = order;
    AuditContext.annotate({ details: { amountCents } });
    const charge = await this.gateway.charge({ orderId, paymentMethodToken, amountCents });
    if (!charge.approved) {
      const message = `Cannot pay the order ${orderId}: ${DECLINE_REASONS[charge.reason]}. Use another card.`;
      throw new RefusedError(402, charge.reason, message);
    }
    const now = new Date();
    const view = { id: uuidv7(), orderId, amountCents, refundedCents: 0, last4: last4 ?? null };
    await manager.insert(PaymentEntity, {
      ...view,
      gatewayReference: charge.reference,
      createdAt: now,
      updatedAt: now,
    });
    await manager.update(OrderEntity, { id: orderId }, { status, updatedAt: now });
    const changes = { before: { status: order.status }, after: { status } };
    AuditContext.annotate({ details: { paymentId: view.id }, changes });
    return view;
  }

  /**
   * Refunds the payment of any person's order, in part or in full
   *
   * @remarks After a partial refund, the event has the outcome `partial`, with the severity that a success has.
   */
  @Post('refunds')
  @Roles('admin')
  @AuditedTransaction('payment_refund', AUDITED_PAYMENT)
  async refund(@Param('id', ParseUUIDPipe) id: string, @Body() asked: RefundPaymentDto): Promise<PaymentView> {
    if (asked.reason !== undefined) AuditContext.annotate({ details: { reason: asked.reason } });
    if (asked.amountCents !== undefined) AuditContext.annotate({ details: { amountCents: asked.amountCents } });
    const { id: orderId } = await lockOrder(this.database.manager, id);
    const payment = await this.database.manager.findOneBy(PaymentEntity, { orderId });
    if (!payment) {
      throw refused(id, 'order_is_not_paid', 'it is not paid. Refund only a paid order.');
    }
    const { id: paymentId, gatewayReference: reference, refundedCents: before, last4 } = payment;
    AuditContext.annotate({ details: { paymentId } });
    const mostCents = payment.amountCents - before;
    if (mostCents === 0) {
      throw refused(id, 'payment_is_refunded', 'its payment is already refunded. Nothing needs to be done.');
    }
    const amountCents = asked.amountCents ?? mostCents;
    if (amountCents > mostCents) {
      throw refused(
        id,
        'refund_exceeds_payment',
        `${mostCents} cents of its payment are left. Refund at most this amount.`,
      );
    }
    // If the commit fails and the client requests the refund again, the refund gets the same id, so it is not made twice.
    await this.gateway.refund({ refundId: `${paymentId}-${before}`, reference, amountCents });
    const refundedCents = before + amountCents;
    await this.database.manager.update(PaymentEntity, { id: paymentId }, { refundedCents, updatedAt: new Date() });
    AuditContext.annotate({
      details: { amountCents, leftCents: mostCents - amountCents },
      changes: { before: { refundedCents: before }, after: { refundedCents } },
      ...(amountCents < mostCents ? { outcome: 'partial', severity: 'info' } : {}),
    });
    return { id: paymentId, orderId, amountCents: payment.amountCents, refundedCents, last4 };
  }
}

function refused(id: string, reason: string, seen: string): RefusedError {
  return new RefusedError(409, reason, `Cannot refund the order ${id}: ${seen}`);
}
