import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Patch, Post, Query } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, LessThan } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext, AuditedTransaction, NotAudited, type AuditedOptions } from '../../audit/index.js';
import { CurrentUser, Roles, type AuthenticatedUser } from '../auth/index.js';
import { PageQuery } from '../http-input/page.dto.js';
import { RefusedError } from '../http-input/refused.error.js';
import { StoreDirectory } from '../tenancy/index.js';
import { toAuditedOrder, lockOrder, orderNotFound, getNextStatus, type OrderStep } from './order-steps.js';
import { OrderTimelineProvider } from './order-timeline.provider.js';
import { CancelOrderDto, ChangeOrderDto, PlaceOrderDto, TimelineQuery } from './orders.dto.js';
import { OrderEntity, type OrderItem } from './orders.entities.js';

type OrderSummary = Pick<OrderEntity, 'id' | 'status' | 'totalCents'>;

const AUDITED_ORDER: AuditedOptions<OrderSummary | undefined> = {
  resource: ({ request, result }) => ({ type: 'order', id: result?.id ?? request.params?.id }),
};

/** Shows and creates orders, and changes their state. Each step is one transaction, which includes its event. Another person's order counts as missing. */
@Controller('orders')
export class OrdersController {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly stores: StoreDirectory,
    private readonly timelines: OrderTimelineProvider,
  ) {}

  /** Places an order */
  @Post()
  @AuditedTransaction('order_creation', AUDITED_ORDER)
  async place(
    @CurrentUser() { id: ownerId }: AuthenticatedUser,
    @Body() { items, storeId = null }: PlaceOrderDto,
  ): Promise<OrderSummary> {
    const totalCents = annotateItems(items);
    if (storeId !== null) await this.enterStore(storeId, ownerId);
    const order = { id: uuidv7(), status: 'new', totalCents } as const;
    AuditContext.annotate({ resource: toAuditedOrder({ id: order.id, items }) });
    const now = new Date();
    await this.database.manager.insert(OrderEntity, {
      ...{ ...order, items, ownerId, storeId },
      ...{ createdAt: now, updatedAt: now },
    });
    return order;
  }

  /** Replaces the items of a new order */
  @Patch(':id')
  @AuditedTransaction('order_update', AUDITED_ORDER)
  async change(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) orderId: string,
    @Body() { items }: ChangeOrderDto,
  ): Promise<OrderSummary> {
    const totalCents = annotateItems(items);
    const { manager } = this.database;
    const order = await lockOrder(manager, orderId, caller);
    const { id } = order;
    const status = getNextStatus(order, 'change');
    await manager.update(OrderEntity, { id }, { status, items, totalCents, updatedAt: new Date() });
    const before = { items: order.items, totalCents: order.totalCents };
    AuditContext.annotate({
      resource: toAuditedOrder({ id, items }),
      changes: { before, after: { items, totalCents } },
    });
    return { id, status, totalCents };
  }

  /** Cancels a new or paid order */
  @Post(':id/cancel')
  @HttpCode(200)
  @AuditedTransaction('order_cancellation', AUDITED_ORDER)
  async cancel(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() { reason }: CancelOrderDto,
  ): Promise<OrderSummary> {
    AuditContext.annotate({ details: { reason } });
    return this.end(await lockOrder(this.database.manager, id, caller), 'cancel', { cancelReason: reason });
  }

  /** Ships a paid order of any person */
  @Post(':id/ship')
  @HttpCode(200)
  @Roles('admin')
  @AuditedTransaction('order_shipment', AUDITED_ORDER)
  async ship(@Param('id', ParseUUIDPipe) id: string): Promise<OrderSummary> {
    return this.end(await lockOrder(this.database.manager, id), 'ship', {});
  }

  /** Lists your orders, newest first */
  @Get()
  @NotAudited('changes nothing, and shows only the caller’s own orders')
  async list(
    @CurrentUser() { id: ownerId }: AuthenticatedUser,
    @Query() { limit, before }: PageQuery,
  ): Promise<{ items: OrderEntity[] }> {
    const where = { ownerId, ...(before === undefined ? {} : { id: LessThan(before) }) };
    return { items: await this.database.manager.find(OrderEntity, { where, order: { id: 'DESC' }, take: limit }) };
  }

  /** Shows an order to the order's owner or an administrator */
  @Get(':id')
  @NotAudited('changes nothing')
  async find(
    @CurrentUser() { id: ownerId, roles }: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<OrderEntity> {
    const where = roles.includes('admin') ? { id } : { id, ownerId };
    const order = await this.database.manager.findOneBy(OrderEntity, where);
    if (!order) throw orderNotFound(id);
    return order;
  }

  /** Shows the events of an order, oldest first */
  @Get(':id/timeline')
  @NotAudited('changes nothing')
  async timeline(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) id: string,
    @Query() { limit, after }: TimelineQuery,
  ): Promise<{ items: readonly object[] }> {
    await this.find(caller, id);
    return { items: await this.timelines.readEntries(id, limit, after) };
  }

  private async end(
    order: OrderEntity,
    step: Extract<OrderStep, 'cancel' | 'ship'>,
    fields: { readonly cancelReason?: string },
  ): Promise<OrderSummary> {
    const { id, totalCents, items } = order;
    const status = getNextStatus(order, step);
    await this.database.manager.update(OrderEntity, { id }, { ...fields, status, updatedAt: new Date() });
    AuditContext.annotate({
      details: { itemCount: items.length, totalCents },
      changes: { before: { status: order.status }, after: { status } },
    });
    return { id, status, totalCents };
  }

  private async enterStore(storeId: string, userId: string): Promise<void> {
    AuditContext.set({ tenantId: storeId.toLowerCase() });
    if (await this.stores.isMember(storeId, userId)) return;
    const seen = 'you are not one of its members. Ask an administrator to add you, or omit storeId.';
    throw new RefusedError(403, 'not_a_member', `Cannot order in the store ${storeId}: ${seen}`);
  }
}

/** Adds the number of items and their total to the event. Returns the total in cents. */
function annotateItems(items: readonly OrderItem[]): number {
  const totalCents = items.reduce((total, { quantity, unitPriceCents }) => total + quantity * unitPriceCents, 0);
  AuditContext.annotate({ details: { itemCount: items.length, totalCents } });
  return totalCents;
}
