import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext } from '../../../audit/index.js';
import type { AuthenticatedUser } from '../../auth/index.js';
import { lockOrder, statusAfter } from '../order-lock.js';
import { OrderEntity } from '../order.entity.js';
import type { PaymentView, PayOrderDto } from '../orders.dto.js';
import { paymentDeclined } from '../orders.error.js';
import { PaymentGateway } from './payment-gateway.js';
import { PaymentEntity, paymentViewOf } from './payment.entity.js';

/** Takes payments. The order's row is locked while its card is charged, so that it is not changed meanwhile. */
@Injectable()
export class PaymentsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly gateway: PaymentGateway,
  ) {}

  /**
   * Pays one of the caller's own orders in full, in the current transaction or in one of its own. A declined payment leaves the order new.
   *
   * @throws RefusedError (404, 409, 402)
   */
  async pay(
    caller: AuthenticatedUser,
    orderId: string,
    { paymentMethodToken, last4 }: PayOrderDto,
  ): Promise<PaymentView> {
    if (last4 !== undefined) AuditContext.annotate({ details: { last4 } });
    return AuditContext.inTransaction(this.database, async (manager) => {
      const order = await lockOrder(manager, orderId, caller);
      const status = statusAfter(order, 'pay');
      const { totalCents: amountCents } = order;
      AuditContext.annotate({ details: { amountCents } });
      const charge = await this.gateway.charge({ orderId: order.id, paymentMethodToken, amountCents });
      if (!charge.approved) throw paymentDeclined(order.id, charge.reason);
      const now = new Date();
      const payment: PaymentEntity = {
        id: uuidv7(),
        orderId: order.id,
        amountCents,
        refundedCents: 0,
        gatewayReference: charge.reference,
        last4: last4 ?? null,
        createdAt: now,
        updatedAt: now,
      };
      await manager.insert(PaymentEntity, payment);
      await manager.update(OrderEntity, { id: order.id }, { status, updatedAt: now });
      AuditContext.annotate({
        details: { paymentId: payment.id },
        changes: { before: { status: order.status }, after: { status } },
      });
      return paymentViewOf(payment);
    });
  }
}
