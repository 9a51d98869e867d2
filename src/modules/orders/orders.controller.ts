import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AuditedTransaction, NotAudited, type AuditedCall, type AuditedOptions } from '../../audit/index.js';
import { PageQuery } from '../../http-input/page.dto.js';
import { CurrentUser, Roles, type AuthenticatedUser } from '../auth/index.js';
import { OrderViews } from './order-views.service.js';
import { CancelOrderDto, ChangeOrderDto, OrderList, OrderSummary, OrderView, PlaceOrderDto } from './orders.dto.js';
import { OrdersService } from './orders.service.js';

/**
 * What the event of an order's route says by itself: the order, by the result, or before there is one by the route's id.
 * Its tenant, details and changes come from the service, which knows them.
 */
const AUDITED_ORDER: AuditedOptions<OrderSummary | undefined> = {
  resource: ({ request, result }: AuditedCall<OrderSummary | undefined>) => ({
    type: 'order',
    id: result?.id ?? request.params?.id,
  }),
};

/** The caller's orders. Somebody else's order is not found. */
@ApiTags('orders')
@Controller('orders')
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly views: OrderViews,
  ) {}

  /**
   * Places an order
   *
   * @remarks An item whose SKU is a product's is sold at the product's price, whatever the item says, and from its stock.
   * Any other item is sold at the price that it gives.
   */
  @Post()
  @AuditedTransaction('order_creation', AUDITED_ORDER)
  place(@CurrentUser() caller: AuthenticatedUser, @Body() order: PlaceOrderDto): Promise<OrderSummary> {
    return this.orders.place(caller, order);
  }

  /** Lists your orders, newest first */
  @Get()
  @NotAudited('changes nothing, and shows the caller nothing but their own')
  async list(@CurrentUser() caller: AuthenticatedUser, @Query() page: PageQuery): Promise<OrderList> {
    return { items: await this.views.list(caller, page) };
  }

  /** Shows an order to its owner or an administrator */
  @Get(':id')
  @NotAudited('changes nothing')
  find(@CurrentUser() caller: AuthenticatedUser, @Param('id', ParseUUIDPipe) id: string): Promise<OrderView> {
    return this.views.find(caller, id);
  }

  /** Replaces the items of a new order, at today's prices */
  @Patch(':id')
  @AuditedTransaction('order_update', AUDITED_ORDER)
  change(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { items }: ChangeOrderDto,
  ): Promise<OrderSummary> {
    return this.orders.change(caller, id, items);
  }

  /** Cancels a new or paid order */
  @Post(':id/cancel')
  @HttpCode(200)
  @AuditedTransaction('order_cancellation', AUDITED_ORDER)
  cancel(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { reason }: CancelOrderDto,
  ): Promise<OrderSummary> {
    return this.orders.cancel(caller, id, reason);
  }

  /** Ships anybody's paid order */
  @Post(':id/ship')
  @HttpCode(200)
  @Roles('admin')
  @AuditedTransaction('order_shipment', AUDITED_ORDER)
  ship(@Param('id', ParseUUIDPipe) id: string): Promise<OrderSummary> {
    return this.orders.ship(id);
  }
}
