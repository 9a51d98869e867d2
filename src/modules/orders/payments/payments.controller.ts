import { Body, Controller, Inject, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiForbiddenResponse,
  ApiNotFoundResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { type AuditedOptions, AuditedTransaction } from '../../../audit/index.js';
import { CurrentUser, Roles, type AuthenticatedUser } from '../../auth/index.js';
import { PayOrderDto } from './pay-order.dto.js';
import { PaymentView } from './payment.dto.js';
import { PaymentsService } from './payments.service.js';
import { RefundPaymentDto } from './refund-payment.dto.js';
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
@ApiBearerAuth()
@Controller('orders/:id')
export class PaymentsController {
  constructor(
    @Inject(PaymentsService) private readonly payments: PaymentsService,
    @Inject(RefundsService) private readonly refunds: RefundsService,
  ) {}

  @Post('payments')
  @AuditedTransaction('payment_receipt', AUDITED_PAYMENT)
  @ApiOperation({ summary: 'Pay an order of yours, in full' })
  @ApiCreatedResponse({ type: PaymentView })
  @ApiResponse({ status: 402, description: 'The payment is declined' })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'The order is no longer new' })
  pay(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() payment: PayOrderDto,
  ): Promise<Readonly<PaymentView>> {
    return this.payments.pay(caller, id, payment);
  }

  @Post('refunds')
  @Roles('admin')
  @AuditedTransaction('payment_refund', AUDITED_PAYMENT)
  @ApiOperation({ summary: "Give the payment of anybody's order back, in part or in full" })
  @ApiCreatedResponse({ type: PaymentView })
  @ApiForbiddenResponse({ description: 'Not an administrator' })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'Nothing was paid, or less is left than was asked for' })
  refund(@Param('id', ParseUUIDPipe) id: string, @Body() refund: RefundPaymentDto): Promise<Readonly<PaymentView>> {
    return this.refunds.refund(id, refund);
  }
}
