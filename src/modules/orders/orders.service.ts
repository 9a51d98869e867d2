import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditContext } from '../../audit/index.js';
import type { AuthenticatedUser } from '../auth/index.js';
import { StoreDirectory } from '../tenancy/index.js';
import type { PlaceOrderDto } from './dto/place-order.dto.js';
import type { OrderSummary } from './dto/order.responses.js';
import { NotAMemberError } from './errors/not-a-member.error.js';
import { loadLines, replaceLines } from './order-lines.js';
import { lockOrder } from './order-lock.js';
import { totalCentsOf, type OrderLine } from './order-total.js';
import { OrderEntity } from './order.entity.js';

/**
 * Takes orders through their states. Each step is one transaction, which is committed when its promise resolves, and says
 * what it did in the event that `@Audited` records.
 */
@Injectable()
export class OrdersService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(StoreDirectory) private readonly stores: StoreDirectory,
  ) {}

  /** @throws NotAMemberError (403) when the caller is no member of the store */
  async place(caller: AuthenticatedUser, { items, storeId }: PlaceOrderDto): Promise<Readonly<OrderSummary>> {
    const totalCents = totalCentsOf(items);
    AuditContext.annotate({ details: { itemCount: items.length, totalCents } });
    await this.enterStore(caller, storeId ?? null);
    const id = uuidv7();
    const now = new Date();
    const order = { id, status: 'new', totalCents } as const;
    await this.database.transaction(async (manager) => {
      const dates = { createdAt: now, updatedAt: now };
      await manager.insert(OrderEntity, { ...order, ...dates, ownerId: caller.id, storeId: storeId ?? null });
      await replaceLines(manager, id, items);
    });
    return order;
  }

  /**
   * Replaces the items.
   *
   * @throws OrderNotFoundError (404), OrderStepRefusedError (409)
   */
  async change(caller: AuthenticatedUser, id: string, items: readonly OrderLine[]): Promise<Readonly<OrderSummary>> {
    const after = { items, totalCents: totalCentsOf(items) };
    AuditContext.annotate({ details: { itemCount: items.length, totalCents: after.totalCents } });
    const { before, status } = await this.database.transaction(async (manager) => {
      const { order, next } = await lockOrder(manager, caller, id, 'change');
      const lines = await loadLines(manager, [order.id]);
      await replaceLines(manager, order.id, items);
      const fields = { status: next, totalCents: after.totalCents, updatedAt: new Date() };
      await manager.update(OrderEntity, { id: order.id }, fields);
      return { before: { items: lines.get(order.id) ?? [], totalCents: order.totalCents }, status: next };
    });
    AuditContext.annotate({ changes: { before, after } });
    return { id: id.toLowerCase(), status, totalCents: after.totalCents };
  }

  /** @throws OrderNotFoundError (404), OrderStepRefusedError (409) */
  async cancel(caller: AuthenticatedUser, id: string, reason: string): Promise<Readonly<OrderSummary>> {
    AuditContext.annotate({ details: { reason } });
    const { before, after } = await this.database.transaction(async (manager) => {
      const { order, next } = await lockOrder(manager, caller, id, 'cancel');
      const itemCount = (await loadLines(manager, [order.id])).get(order.id)?.length ?? 0;
      AuditContext.annotate({ details: { itemCount, totalCents: order.totalCents } });
      const fields = { status: next, cancelReason: reason, updatedAt: new Date() };
      await manager.update(OrderEntity, { id: order.id }, fields);
      return { before: order, after: next };
    });
    AuditContext.annotate({ changes: { before: { status: before.status }, after: { status: after } } });
    return { id: before.id, status: after, totalCents: before.totalCents };
  }

  /** From here on, the operation is about the store's data. */
  private async enterStore(caller: AuthenticatedUser, storeId: string | null): Promise<void> {
    if (storeId === null) return;
    AuditContext.set({ tenantId: storeId.toLowerCase() });
    if (await this.stores.isMember(storeId, caller.id)) return;
    AuditContext.annotate({ reason: 'not_a_member' });
    throw new NotAMemberError(storeId);
  }
}
