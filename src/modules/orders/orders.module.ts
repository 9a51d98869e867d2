import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TenancyModule } from '../tenancy/index.js';
import { OrderHolder } from './order-holder.service.js';
import { OrderItemEntity } from './order-item.entity.js';
import { OrderViews } from './order-views.service.js';
import { OrderEntity } from './order.entity.js';
import { OrdersController } from './orders.controller.js';
import { OrdersService } from './orders.service.js';
import { OrderTimelineEntryEntity } from './timeline/order-timeline-entry.entity.js';
import { OrderTimelineReader } from './timeline/order-timeline-reader.service.js';
import { OrderTimelineController } from './timeline/order-timeline.controller.js';
import { OrderTimelineProvider } from './timeline/order-timeline.provider.js';

/** Orders, and the timeline of each that its audit provider keeps. */
@Module({
  imports: [TypeOrmModule.forFeature([OrderEntity, OrderItemEntity, OrderTimelineEntryEntity]), TenancyModule],
  controllers: [OrdersController, OrderTimelineController],
  providers: [OrdersService, OrderViews, OrderTimelineReader, OrderTimelineProvider, OrderHolder],
})
export class OrdersModule {}
