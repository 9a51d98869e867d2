import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenancyModule } from '../tenancy/index.js';
import { OrderPersonalData, OrderTimelineProvider } from './order-timeline.provider.js';
import { OrdersController } from './orders.controller.js';
import { OrderEntity, PaymentEntity } from './orders.entities.js';
import { PaymentsController } from './payments.controller.js';

/** Provides orders and their payments, and an audit provider that stores the timeline of each order. */
@Module({
  imports: [TypeOrmModule.forFeature([OrderEntity, PaymentEntity]), TenancyModule],
  controllers: [OrdersController, PaymentsController],
  providers: [OrderTimelineProvider, OrderPersonalData],
})
export class OrdersModule {}
