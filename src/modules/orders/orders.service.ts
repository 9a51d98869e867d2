import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext } from '../../audit/index.js';
import type { AuthenticatedUser } from '../auth/index.js';
import { ProductStock, type RequestedLine } from '../products/index.js';
import { StoreDirectory } from '../tenancy/index.js';
import { loadLines, replaceLines, shownLines, totalCentsOf } from './order-lines.js';
import { lockOrder, statusAfter } from './order-lock.js';
import type { OrderStep } from './order-status.js';
import { OrderEntity } from './order.entity.js';
import type { OrderSummary, PlaceOrderDto } from './orders.dto.js';
import { notAMember } from './orders.error.js';

/**
 * Takes orders through their states. Each step is one transaction, which is committed when its promise resolves, and says
 * what it did in the event of its route, which is part of the transaction.
 */
@Injectable()
export class OrdersService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly stores: StoreDirectory,
    private readonly stock: ProductStock,
  ) {}

  /**
   * Takes the products' stock in the same transaction.
   *
   * @throws RefusedError (403) when the caller is not a member of the store, and what {@link ProductStock.exchange} throws
   */
  async place(caller: AuthenticatedUser, { items, storeId }: PlaceOrderDto): Promise<OrderSummary> {
    annotateRequested(items);
    await this.enterStore(caller, storeId ?? null);
    const id = uuidv7();
    const now = new Date();
    return AuditContext.inTransaction(this.database, async (manager) => {
      const lines = await this.stock.exchange(manager, { returned: [], requested: items });
      const order = { id, status: 'new', totalCents: totalCentsOf(lines) } as const;
      const dates = { createdAt: now, updatedAt: now };
      await manager.insert(OrderEntity, { ...order, ...dates, ownerId: caller.id, storeId: storeId ?? null });
      await replaceLines(manager, id, lines);
      AuditContext.annotate({ details: { totalCents: order.totalCents } });
      return order;
    });
  }

  /**
   * Replaces the items, at today's prices; the stock of the old ones is put back first.
   *
   * @throws RefusedError (404, 409), and what {@link ProductStock.exchange} throws
   */
  async change(caller: AuthenticatedUser, id: string, items: readonly RequestedLine[]): Promise<OrderSummary> {
    annotateRequested(items);
    const { before, after, summary } = await AuditContext.inTransaction(this.database, async (manager) => {
      const order = await lockOrder(manager, id, caller);
      const status = statusAfter(order, 'change');
      const returned = (await loadLines(manager, [order.id])).get(order.id) ?? [];
      const lines = await this.stock.exchange(manager, { returned, requested: items });
      await replaceLines(manager, order.id, lines);
      const totalCents = totalCentsOf(lines);
      await manager.update(OrderEntity, { id: order.id }, { status, totalCents, updatedAt: new Date() });
      return {
        before: { items: shownLines(returned), totalCents: order.totalCents },
        after: { items: shownLines(lines), totalCents },
        summary: { id: order.id, status, totalCents },
      };
    });
    AuditContext.annotate({ details: { totalCents: summary.totalCents }, changes: { before, after } });
    return summary;
  }

  /** Puts the products' stock back. @throws RefusedError (404, 409) */
  async cancel(caller: AuthenticatedUser, id: string, reason: string): Promise<OrderSummary> {
    AuditContext.annotate({ details: { reason } });
    return this.move(id, 'cancel', { caller, cancelReason: reason });
  }

  /** Of anybody's order: for administrators. @throws RefusedError (404, 409) */
  async ship(id: string): Promise<OrderSummary> {
    return this.move(id, 'ship');
  }

  /** Takes an order to its next state, and tells the event what it holds, and its state before and after. */
  private async move(
    id: string,
    step: Extract<OrderStep, 'cancel' | 'ship'>,
    { caller, ...fields }: { readonly caller?: AuthenticatedUser; readonly cancelReason?: string } = {},
  ): Promise<OrderSummary> {
    const { before, status } = await AuditContext.inTransaction(this.database, async (manager) => {
      const order = await lockOrder(manager, id, caller);
      const next = statusAfter(order, step);
      const lines = (await loadLines(manager, [order.id])).get(order.id) ?? [];
      AuditContext.annotate({ details: { itemCount: lines.length, totalCents: order.totalCents } });
      if (step === 'cancel') await this.stock.exchange(manager, { returned: lines, requested: [] });
      await manager.update(OrderEntity, { id: order.id }, { ...fields, status: next, updatedAt: new Date() });
      return { before: order, status: next };
    });
    AuditContext.annotate({ changes: { before: { status: before.status }, after: { status } } });
    return { id: before.id, status, totalCents: before.totalCents };
  }

  /** From here on, the operation is about the store's data. */
  private async enterStore(caller: AuthenticatedUser, storeId: string | null): Promise<void> {
    if (storeId === null) return;
    AuditContext.set({ tenantId: storeId.toLowerCase() });
    if (await this.stores.isMember(storeId, caller.id)) return;
    throw notAMember(storeId);
  }
}

/** What is asked for: its total only where every price is given. What it is sold for replaces it, if it comes to that. */
function annotateRequested(items: readonly RequestedLine[]): void {
  const priced = items.flatMap(({ unitPriceCents, ...line }) =>
    unitPriceCents === undefined ? [] : [{ ...line, unitPriceCents }],
  );
  const total = priced.length === items.length ? { totalCents: totalCentsOf(priced) } : {};
  AuditContext.annotate({ details: { itemCount: items.length, ...total } });
}
