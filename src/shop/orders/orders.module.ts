import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ProductsModule } from '../products/index.js';
import { TenancyModule } from '../tenancy/index.js';
import { OrderPersonalData } from './order-personal-data.service.js';
import { OrderItemEntity } from './order-item.entity.js';
import { OrderTimelineProvider } from './order-timeline.provider.js';
import { OrderViewsController } from './order-views.controller.js';
import { OrderEntity } from './order.entity.js';
import { OrdersController } from './orders.controller.js';
import { PaymentGateway } from './payments/payment-gateway.service.js';
import { PaymentEntity } from './payments/payment.entity.js';
import { PaymentsController } from './payments/payments.controller.js';

/** Provides orders and their payments, and an audit provider that stores the timeline of each order. */
@Module({
  imports: [TypeOrmModule.forFeature([OrderEntity, OrderItemEntity, PaymentEntity]), ProductsModule, TenancyModule],
  controllers: [OrdersController, OrderViewsController, PaymentsController],
  providers: [PaymentGateway, OrderTimelineProvider, OrderPersonalData],
})
export class OrdersModule {}
