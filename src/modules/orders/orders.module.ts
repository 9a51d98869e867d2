import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ProductsModule } from '../products/index.js';
import { TenancyModule } from '../tenancy/index.js';
import { OrderHolder } from './order-holder.service.js';
import { OrderItemEntity } from './order-item.entity.js';
import { OrderViews } from './order-views.service.js';
import { OrderEntity } from './order.entity.js';
import { OrdersController } from './orders.controller.js';
import { OrdersService } from './orders.service.js';
import { PaymentGateway, SandboxPaymentGateway } from './payments/payment-gateway.js';
import { PaymentEntity } from './payments/payment.entity.js';
import { PaymentsController } from './payments/payments.controller.js';
import { PaymentsService } from './payments/payments.service.js';
import { RefundsService } from './payments/refunds.service.js';
import { OrderTimelineController } from './timeline/order-timeline.controller.js';
import { OrderTimelineProvider } from './timeline/order-timeline.provider.js';

/** Orders and their payments, and the timeline of each order that its audit provider keeps. */
@Module({
  imports: [TypeOrmModule.forFeature([OrderEntity, OrderItemEntity, PaymentEntity]), ProductsModule, TenancyModule],
  controllers: [OrdersController, PaymentsController, OrderTimelineController],
  providers: [
    OrdersService,
    OrderViews,
    PaymentsService,
    RefundsService,
    { provide: PaymentGateway, useClass: SandboxPaymentGateway },
    OrderTimelineProvider,
    OrderHolder,
  ],
})
export class OrdersModule {}
