import { Body, Controller, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type AuditedOptions, AuditedTransaction } from '../../../audit/index.js';
import { CurrentUser, Roles, type AuthenticatedUser } from '../../auth/index.js';
import { PaymentView, PayOrderDto, RefundPaymentDto } from '../orders.dto.js';
import { PaymentsService } from './payments.service.js';
import { RefundsService } from './refunds.service.js';

/**
 * What the event of a payment's route says by itself: the order that it is for, so that it is in the order's timeline.
 * Which payment, how much, and the tenant come from the services.
 */
const AUDITED_PAYMENT: AuditedOptions = {
  resource: ({ request }) => ({ type: 'order', id: request.params?.id }),
};

/** Payments of orders by their owners, and refunds by administrators. */
@ApiTags('orders')
@Controller('orders/:id')
export class PaymentsController {
  constructor(
    private readonly payments: PaymentsService,
    private readonly refunds: RefundsService,
  ) {}

  /** Pays a new order of yours, in full; 402 when the payment is declined */
  @Post('payments')
  @AuditedTransaction('payment_receipt', AUDITED_PAYMENT)
  pay(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() payment: PayOrderDto,
  ): Promise<PaymentView> {
    return this.payments.pay(caller, id, payment);
  }

  /** Gives the payment of anybody's order back, in part or in full */
  @Post('refunds')
  @Roles('admin')
  @AuditedTransaction('payment_refund', AUDITED_PAYMENT)
  refund(@Param('id', ParseUUIDPipe) id: string, @Body() refund: RefundPaymentDto): Promise<PaymentView> {
    return this.refunds.refund(id, refund);
  }
}
