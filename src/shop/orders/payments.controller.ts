import { Body, Controller, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext, AuditedTransaction, type AuditedOptions } from '../../audit/index.js';
import { CurrentUser, Roles, type AuthenticatedUser } from '../auth/index.js';
import { RefusedError } from '../http-input/refused.error.js';
import { lockOrder, getNextStatus } from './order-steps.js';
import { PayOrderDto, RefundPaymentDto } from './orders.dto.js';
import { OrderEntity, PaymentEntity } from './orders.entities.js';

/** No money moves. Each token is approved, except those with the name of a reason, such as `tok_card_declined`. */
const DECLINED: Readonly<Partial<Record<string, string>>> = {
  tok_card_declined: 'the card was declined',
  tok_insufficient_funds: 'the card has not enough funds',
  tok_card_expired: 'the card has expired',
};

/** The order is the resource, so that the order's timeline contains the payment's event. */
const AUDITED_PAYMENT: AuditedOptions = {
  resource: ({ request }) => ({ type: 'order', id: request.params?.id }),
};

type PaymentView = Pick<PaymentEntity, 'id' | 'orderId' | 'amountCents' | 'refundedCents' | 'last4'>;

/** Handles payments by the owners of orders, and refunds by administrators. Both operations lock the order's row. */
@Controller('orders/:id')
export class PaymentsController {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

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
    const status = getNextStatus(order, 'pay');
    const { id: orderId, totalCents: amountCents } = order;
    AuditContext.annotate({ details: { amountCents } });
    const declined = DECLINED[paymentMethodToken];
    if (declined !== undefined) {
      const message = `Cannot pay the order ${orderId}: ${declined}. Use another card.`;
      throw new RefusedError(402, paymentMethodToken.replace('tok_', ''), message);
    }
    const now = new Date();
    const view = { id: uuidv7(), orderId, amountCents, refundedCents: 0, last4: last4 ?? null };
    await manager.insert(PaymentEntity, { ...view, createdAt: now, updatedAt: now });
    await manager.update(OrderEntity, { id: orderId }, { status, updatedAt: now });
    const changes = { before: { status: order.status }, after: { status } };
    AuditContext.annotate({ details: { paymentId: view.id }, changes });
    return view;
  }

  /** Refunds the payment of any person's order, in part or in full. After a partial refund, the event has the outcome `partial`. */
  @Post('refunds')
  @Roles('admin')
  @AuditedTransaction('payment_refund', AUDITED_PAYMENT)
  async refund(@Param('id', ParseUUIDPipe) id: string, @Body() body: RefundPaymentDto): Promise<PaymentView> {
    if (body.reason !== undefined) AuditContext.annotate({ details: { reason: body.reason } });
    if (body.amountCents !== undefined) AuditContext.annotate({ details: { amountCents: body.amountCents } });
    const { id: orderId } = await lockOrder(this.database.manager, id);
    const payment = await this.database.manager.findOneBy(PaymentEntity, { orderId });
    if (!payment) throw createRefusedError(id, 'order_is_not_paid', 'it is not paid. Refund only a paid order.');
    const { id: paymentId, refundedCents: before, last4 } = payment;
    AuditContext.annotate({ details: { paymentId } });
    const maxCents = payment.amountCents - before;
    if (maxCents === 0) {
      throw createRefusedError(id, 'payment_is_refunded', 'its payment is already refunded. Nothing needs to be done.');
    }
    const amountCents = body.amountCents ?? maxCents;
    if (amountCents > maxCents) {
      const seen = `${maxCents} cents of its payment are left. Refund at most this amount.`;
      throw createRefusedError(id, 'refund_exceeds_payment', seen);
    }
    const refundedCents = before + amountCents;
    await this.database.manager.update(PaymentEntity, { id: paymentId }, { refundedCents, updatedAt: new Date() });
    AuditContext.annotate({
      details: { amountCents, leftCents: maxCents - amountCents },
      changes: { before: { refundedCents: before }, after: { refundedCents } },
      ...(amountCents < maxCents ? { outcome: 'partial', severity: 'info' } : {}),
    });
    return { id: paymentId, orderId, amountCents: payment.amountCents, refundedCents, last4 };
  }
}

function createRefusedError(id: string, reason: string, seen: string): RefusedError {
  return new RefusedError(409, reason, `Cannot refund the order ${id}: ${seen}`);
}
