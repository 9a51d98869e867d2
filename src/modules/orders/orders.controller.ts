import { Body, Controller, Get, HttpCode, Inject, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiForbiddenResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { AuditedTransaction, NotAudited } from '../../audit/index.js';
import { CurrentUser, Roles, type AuthenticatedUser } from '../auth/index.js';
import { AUDITED_ORDER } from './audited-order.js';
import { CancelOrderDto } from './dto/cancel-order.dto.js';
import { ChangeOrderDto } from './dto/change-order.dto.js';
import { OrderPageQuery } from './dto/order-page.dto.js';
import { OrderList, OrderSummary, OrderView } from './dto/order.dto.js';
import { PlaceOrderDto } from './dto/place-order.dto.js';
import { OrderViews } from './order-views.service.js';
import { OrdersService } from './orders.service.js';

/** The caller's orders. Somebody else's order is not found. */
@ApiTags('orders')
@ApiBearerAuth()
@Controller('orders')
export class OrdersController {
  constructor(
    @Inject(OrdersService) private readonly orders: OrdersService,
    @Inject(OrderViews) private readonly views: OrderViews,
  ) {}

  @Post()
  @AuditedTransaction('order_creation', AUDITED_ORDER)
  @ApiOperation({
    summary: 'Place an order',
    description:
      "An item whose SKU is a product's is sold at the product's price, whatever the item says, and from its stock. " +
      'Any other item is sold at the price that it gives.',
  })
  @ApiCreatedResponse({ type: OrderSummary })
  @ApiForbiddenResponse({ description: 'Not a member of the store' })
  @ApiConflictResponse({ description: 'A product is inactive, or there is too little of it' })
  place(@CurrentUser() caller: AuthenticatedUser, @Body() order: PlaceOrderDto): Promise<Readonly<OrderSummary>> {
    return this.orders.place(caller, order);
  }

  @Get()
  @NotAudited('changes nothing, and shows the caller nothing but their own')
  @ApiOperation({ summary: 'List your orders, newest first' })
  @ApiOkResponse({ type: OrderList })
  async list(@CurrentUser() caller: AuthenticatedUser, @Query() page: OrderPageQuery): Promise<Readonly<OrderList>> {
    return { items: await this.views.list(caller, page) };
  }

  @Get(':id')
  @NotAudited('changes nothing')
  @ApiOperation({ summary: 'Show an order to its owner or an administrator' })
  @ApiOkResponse({ type: OrderView })
  @ApiNotFoundResponse()
  find(@CurrentUser() caller: AuthenticatedUser, @Param('id', ParseUUIDPipe) id: string): Promise<Readonly<OrderView>> {
    return this.views.find(caller, id);
  }

  @Patch(':id')
  @AuditedTransaction('order_update', AUDITED_ORDER)
  @ApiOperation({ summary: 'Replace the items of a new order' })
  @ApiOkResponse({ type: OrderSummary })
  @ApiNotFoundResponse()
  @ApiConflictResponse({
    description: 'The order is no longer new, a product is inactive, or there is too little of it',
  })
  change(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { items }: ChangeOrderDto,
  ): Promise<Readonly<OrderSummary>> {
    return this.orders.change(caller, id, items);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @AuditedTransaction('order_cancellation', AUDITED_ORDER)
  @ApiOperation({ summary: 'Cancel a new or paid order' })
  @ApiOkResponse({ type: OrderSummary })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'The order is shipped or canceled' })
  cancel(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { reason }: CancelOrderDto,
  ): Promise<Readonly<OrderSummary>> {
    return this.orders.cancel(caller, id, reason);
  }

  @Post(':id/ship')
  @HttpCode(200)
  @Roles('admin')
  @AuditedTransaction('order_shipment', AUDITED_ORDER)
  @ApiOperation({ summary: "Ship anybody's paid order, as an administrator" })
  @ApiOkResponse({ type: OrderSummary })
  @ApiForbiddenResponse({ description: 'Not an administrator' })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'The order is not paid, or shipped or canceled already' })
  ship(@Param('id', ParseUUIDPipe) id: string): Promise<Readonly<OrderSummary>> {
    return this.orders.ship(id);
  }
}
