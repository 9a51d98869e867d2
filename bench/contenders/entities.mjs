import { TypeOrmModule } from '@nestjs/typeorm';
import { Audited } from 'nestjs-audit-ledger';
import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import auditing from 'typeorm-auditing';
import { ordersController, rootModule } from './decorate.mjs';
import { placeOrder } from './order.mjs';
import { auditImports } from './ours.mjs';

const { AuditingEntity, AuditingSubscriber } = auditing; // CommonJS

const COLUMNS = { customerId: 'text', storeId: 'text', status: 'text', currency: 'text', totalCents: 'integer' };

class PurchaseOrder {}
PrimaryGeneratedColumn()(PurchaseOrder.prototype, 'id');
for (const [name, type] of Object.entries({ ...COLUMNS, note: 'text', items: 'jsonb', shipping: 'jsonb' })) {
  Column({ type })(PurchaseOrder.prototype, name);
}
Entity('purchase_order')(PurchaseOrder);

/** A route that saves an entity. */
export const entityBare = ({ url }) =>
  rootModule({
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url, entities: [PurchaseOrder], synchronize: true })],
    controllers: [entityOrders()],
  });

/** The same with typeorm-auditing: a row of its history table for each change, in the same transaction. */
export function entityAuditing({ url }) {
  class PurchaseOrderHistory extends PurchaseOrder {}
  AuditingEntity(PurchaseOrder, { name: 'purchase_order_history' })(PurchaseOrderHistory);
  const entities = [PurchaseOrder, PurchaseOrderHistory];
  const subscribers = [AuditingSubscriber];
  return rootModule({
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url, entities, subscribers, synchronize: true })],
    controllers: [entityOrders()],
  });
}

/** The same with `@Audited` and its changes: who, from where, and what it became. */
export function entityAudited(database) {
  const options = {
    resource: ({ result }) => ({ type: 'order', id: result.id }),
    changes: ({ result }) => ({ after: result }),
  };
  return rootModule({
    imports: auditImports({ ...database, entities: [PurchaseOrder], synchronize: true }),
    controllers: [entityOrders([Audited('order_creation', options)])],
  });
}

function entityOrders(decorators = []) {
  class OrdersController {
    constructor(dataSource) {
      this.repository = dataSource.getRepository(PurchaseOrder);
    }

    async place({ storeId, currency, note, items, shipping }) {
      const { status, totalCents } = placeOrder({ currency, items });
      const customerId = 'c-1042';
      const order = { customerId, storeId, status, currency, totalCents, note, items, shipping };
      return this.repository.save(this.repository.create(order));
    }
  }
  return ordersController(OrdersController, { inject: [DataSource], decorators });
}
