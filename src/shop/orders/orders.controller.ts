import { Body, Controller, HttpCode, Param, ParseUUIDPipe, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext, AuditedTransaction, type AuditedOptions } from '../../audit/index.js';
import { RefusedError } from '../http-input/refused.error.js';
import { CurrentUser, Roles, type AuthenticatedUser } from '../auth/index.js';
import { ProductStock } from '../products/index.js';
import { StoreDirectory } from '../tenancy/index.js';
import { loadLines, replaceLines, shownLines, totalCentsOf } from './order-lines.js';
import { lockOrder, statusAfter, type OrderStep } from './order-steps.js';
import { OrderEntity } from './order.entity.js';
import { CancelOrderDto, ChangeOrderDto, type OrderItemDto, OrderSummary, PlaceOrderDto } from './orders.dto.js';

const AUDITED_ORDER: AuditedOptions<OrderSummary | undefined> = {
  resource: ({ request, result }) => ({ type: 'order', id: result?.id ?? request.params?.id }),
};

/** Creates orders and changes their state. Each step is one transaction, which includes its event. Another person's order counts as missing. */
@ApiTags('orders')
@Controller('orders')
export class OrdersController {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly stores: StoreDirectory,
    private readonly stock: ProductStock,
  ) {}

  /**
   * Places an order
   *
   * @remarks An item with the SKU of a product is sold at the product's price, from the product's stock; the price in the item is ignored. Any
   *   other item is sold at the price in the item.
   */
  @Post()
  @AuditedTransaction('order_creation', AUDITED_ORDER)
  async place(
    @CurrentUser() { id: ownerId }: AuthenticatedUser,
    @Body() { items, storeId = null }: PlaceOrderDto,
  ): Promise<OrderSummary> {
    annotateRequested(items);
    if (storeId !== null) await this.enterStore(storeId, ownerId);
    const { manager } = this.database;
    const lines = await this.stock.exchange(manager, { returned: [], requested: items });
    const order = { id: uuidv7(), status: 'new', totalCents: totalCentsOf(lines) } as const;
    const now = new Date();
    await manager.insert(OrderEntity, { ...order, createdAt: now, updatedAt: now, ownerId, storeId });
    await replaceLines(manager, order.id, lines);
    AuditContext.annotate({ details: { totalCents: order.totalCents } });
    return order;
  }

  /** Replaces the items of a new order, at today's prices */
  @Patch(':id')
  @AuditedTransaction('order_update', AUDITED_ORDER)
  async change(
    @CurrentUser() caller: AuthenticatedUser,
    @Param('id', ParseUUIDPipe) orderId: string,
    @Body() { items }: ChangeOrderDto,
  ): Promise<OrderSummary> {
    annotateRequested(items);
    const { manager } = this.database;
    const order = await lockOrder(manager, orderId, caller);
    const { id } = order;
    const status = statusAfter(order, 'change');
    const returned = (await loadLines(manager, [id])).get(id) ?? [];
    const lines = await this.stock.exchange(manager, { returned, requested: items });
    await replaceLines(manager, id, lines);
    const totalCents = totalCentsOf(lines);
    await manager.update(OrderEntity, { id }, { status, totalCents, updatedAt: new Date() });
    const before = { items: shownLines(returned), totalCents: order.totalCents };
    const after = { items: shownLines(lines), totalCents };
    AuditContext.annotate({ details: { totalCents }, changes: { before, after } });
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

  private async end(
    order: OrderEntity,
    step: Extract<OrderStep, 'cancel' | 'ship'>,
    fields: { readonly cancelReason?: string },
  ): Promise<OrderSummary> {
    const { manager } = this.database;
    const { id, totalCents } = order;
    const status = statusAfter(order, step);
    const lines = (await loadLines(manager, [id])).get(id) ?? [];
    AuditContext.annotate({ details: { itemCount: lines.length, totalCents } });
    if (step === 'cancel') await this.stock.exchange(manager, { returned: lines, requested: [] });
    await manager.update(OrderEntity, { id }, { ...fields, status, updatedAt: new Date() });
    AuditContext.annotate({ changes: { before: { status: order.status }, after: { status } } });
    return { id, status, totalCents };
  }

  private async enterStore(storeId: string, userId: string): Promise<void> {
    AuditContext.set({ tenantId: storeId.toLowerCase() });
    if (await this.stores.isMember(storeId, userId)) return;
    const seen = 'you are not one of its members. Ask an administrator to add you, or omit storeId.';
    throw new RefusedError(403, 'not_a_member', `Cannot order in the store ${storeId}: ${seen}`);
  }
}

function annotateRequested(items: readonly OrderItemDto[]): void {
  const totalCents = items.reduce((total, { quantity, unitPriceCents = NaN }) => total + quantity * unitPriceCents, 0);
  const total = Number.isNaN(totalCents) ? {} : { totalCents };
  AuditContext.annotate({ details: { itemCount: items.length, ...total } });
}
