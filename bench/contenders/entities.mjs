import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditAggregator, Audited } from 'nestjs-audit-ledger';
import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import auditing from 'typeorm-auditing';
import { ordersController, rootModule } from './decorate.mjs';
import { buildDetails, placeOrder } from './order.mjs';
import { auditImports } from './ours.mjs';

const { AuditingEntity, AuditingSubscriber } = auditing; // the package is CommonJS

const COLUMNS = { customerId: 'text', storeId: 'text', status: 'text', currency: 'text', totalCents: 'integer' };

class PurchaseOrder {}
PrimaryGeneratedColumn()(PurchaseOrder.prototype, 'id');
for (const [name, type] of Object.entries({ ...COLUMNS, note: 'text', items: 'jsonb', shipping: 'jsonb' })) {
  Column({ type })(PurchaseOrder.prototype, name);
}
Entity('purchase_order')(PurchaseOrder);

/** The contender whose route saves an entity, without an audit. */
export const entityBare = ({ url }) =>
  rootModule({
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url, entities: [PurchaseOrder], synchronize: true })],
    controllers: [entityOrders()],
  });

/** The same route with typeorm-auditing, which adds a row to a history table for each change, in the same transaction. */
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

/** The same route with `@Audited` and changes: the event contains the actor, the address, and the saved entity. */
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

/** The contender whose route inserts an entity in its own transaction, without an audit. */
export const transactionBare = ({ url }) =>
  rootModule({
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url, entities: [PurchaseOrder], synchronize: true })],
    controllers: [transactionOrders([DataSource])],
  });

/** The same route with an event that is a part of the transaction. */
export const transactionAudited = (database) =>
  rootModule({
    imports: auditImports({ ...database, entities: [PurchaseOrder], synchronize: true }),
    controllers: [transactionOrders([DataSource, AuditAggregator])],
  });

function transactionOrders(inject) {
  class OrdersController {
    constructor(dataSource, audit) {
      this.dataSource = dataSource;
      this.audit = audit;
    }

    place(order) {
      const { storeId, currency, note, items, shipping } = order;
      return this.dataSource.transaction(async (manager) => {
        const result = placeOrder(order);
        const { status, totalCents } = result;
        const row = { customerId: 'c-1042', storeId, status, currency, totalCents, note, items, shipping };
        await manager.insert(PurchaseOrder, row);
        const resource = { type: 'order', id: result.id };
        await this.audit?.record(
          'order_creation',
          { resource, details: buildDetails(order, result) },
          { transaction: manager },
        );
        return result;
      });
    }
  }
  return ordersController(OrdersController, { inject });
}
