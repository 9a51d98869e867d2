import { NestFactory } from '@nestjs/core';
import { AuditedEntity } from 'nestjs-audit-ledger';
import { installCapture, RowChangesModule } from 'nestjs-audit-ledger/row-changes';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import auditing from 'typeorm-auditing';
import { rootModule } from './decorate.mjs';
import { auditImports } from './ours.mjs';
import { runAsRequest } from './typical-event.mjs';

const { AuditingEntity, AuditingSubscriber } = auditing; // the package is CommonJS

export const STOCK = 2_000;
const CLIENTS = 16;

const COLUMNS = { customerId: 'text', storeId: 'text', status: 'text', currency: 'text', totalCents: 'integer' };

/** Makes the entity of the table of orders. Each call makes a new class, because decorators stay on the class that they decorate. */
function makeOrder(decorators = []) {
  class StockOrder {}
  PrimaryColumn({ type: 'integer' })(StockOrder.prototype, 'id');
  for (const [name, type] of Object.entries({ ...COLUMNS, note: 'text', items: 'jsonb', shipping: 'jsonb' })) {
    Column({ type })(StockOrder.prototype, name);
  }
  return Reflect.decorate([Entity('stock_order'), ...decorators], StockOrder);
}

export function fillStock(rows) {
  return `
    INSERT INTO stock_order (id, "customerId", "storeId", status, currency, "totalCents", note, items, shipping)
    SELECT n, 'c-' || n, 's-7', 'open', 'EUR', n, 'please leave it at the door', '[{"sku": "sku-17", "quantity": 2, "unitPriceCents": 450}]',
           '{"city": "Bern", "street": "Marktgasse 1", "zip": "3011"}'
      FROM generate_series(1, ${rows}) AS n
      ON CONFLICT DO NOTHING`;
}

/** Ways in which TypeORM can change a row of the same table, by name, in the same form as {@link ROW_STORES}. */
export const ROW_UPDATES = {
  update: openPlain,
  'update-captured': (database) => openCaptured(database, 'update'),
  'save-captured': (database) => openCaptured(database, 'save'),
  'save-auditing': (database) => openAuditing(database),
};

async function openPlain({ url }) {
  const order = makeOrder();
  return openSource(url, order, 'update', { entities: [order] });
}

async function openAuditing({ url }) {
  const order = makeOrder();
  class StockOrderHistory extends order {}
  AuditingEntity(order, { name: 'stock_order_history' })(StockOrderHistory);
  return openSource(url, order, 'save', { entities: [order, StockOrderHistory], subscribers: [AuditingSubscriber] });
}

async function openSource(url, order, way, options) {
  const dataSource = new DataSource({ type: 'postgres', url, poolSize: CLIENTS, synchronize: true, ...options });
  await dataSource.initialize();
  await dataSource.query(fillStock(STOCK));
  return changing(dataSource, order, way, () => dataSource.destroy());
}

/** Opens the whole library in this process: the module, the ledger, the drain of row changes, and the sealing. */
async function openCaptured(database, way) {
  const order = makeOrder([AuditedEntity()]);
  const imports = auditImports(
    { ...database, entities: [order], synchronize: true, poolSize: CLIENTS },
    RowChangesModule.forRoot(),
  );
  const app = await NestFactory.createApplicationContext(rootModule({ imports }), {
    logger: ['error', 'fatal'],
    abortOnError: false,
  });
  const dataSource = app.get(DataSource);
  await dataSource.query(fillStock(STOCK));
  await installCapture(dataSource);
  return changing(dataSource, order, way, () => app.close());
}

function changing(dataSource, order, way, close) {
  const repository = dataSource.getRepository(order);
  let price = 1_000_000;
  const change = {
    update: (id) => repository.update(id, { totalCents: ++price }),
    save: (id) => repository.save({ id, totalCents: ++price }),
  }[way];
  let next = 0;
  return {
    outstanding: CLIENTS,
    storeSome: async () => {
      const id = 1 + (next++ % STOCK);
      await runAsRequest(() => change(id));
      return 1;
    },
    close,
  };
}
