import { join } from 'node:path';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditAggregator, Audited, AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { DataSource } from 'typeorm';
import { ordersController, rootModule } from './decorate.mjs';
import { buildDetails, placeOrder } from './order.mjs';
import { writeKeyFile } from './write-key-file.mjs';

const CAPTURED = {
  resource: ({ result }) => ({ type: 'order', id: result.id }),
  details: ({ request, result }) => buildDetails(request.body, result),
};

/** Imports the library with only the ledger, in the way that the library's README describes. A web process has no signing key. */
export function auditImports({ url, directory, entities = [], role = 'both', ...typeOrm }, ...extensions) {
  const signingKey =
    role === 'web'
      ? {}
      : { signingKeyFile: writeKeyFile(join(directory, 'signing.key'), 'nestjs-audit-ledger.local/ledger') };
  return [
    TypeOrmModule.forRoot({ type: 'postgres', url, entities, synchronize: false, ...typeOrm }),
    ScheduleModule.forRoot(),
    AuditModule.forRoot({ spillDir: join(directory, 'spill'), writerKey: 'of the benchmark and not a secret' }),
    MonitoringModule.forRootAsync({
      useFactory: () => ({ role, connectionUrl: url, authorize: () => false, ...signingKey }),
    }),
    ...extensions,
  ];
}

/** `@Audited`: the response waits until the event is committed. */
export const durable = (database) => audited(database, CAPTURED);

/** The same in a process that does not seal. Its companion does. */
export const web = (database) => audited({ ...database, role: 'web' }, CAPTURED);

/** Seals what the web process stores. */
export const worker = (database) => rootModule({ imports: auditImports({ ...database, role: 'worker' }) });

function audited(database, options) {
  const controller = ordersController(
    class OrdersController {
      place(order) {
        return placeOrder(order);
      }
    },
    { decorators: [Audited('order_creation', options)] },
  );
  return rootModule({ imports: auditImports(database), controllers: [controller] });
}

/** `record(…, { transaction })`: the event is a part of the transaction that the handler opens itself. */
export function transactional(database) {
  class OrdersController {
    constructor(audit, dataSource) {
      this.audit = audit;
      this.dataSource = dataSource;
    }

    place(order) {
      return this.dataSource.transaction(async (manager) => {
        const result = placeOrder(order);
        const resource = { type: 'order', id: result.id };
        await this.audit.record(
          'order_creation',
          { resource, details: buildDetails(order, result) },
          { transaction: manager },
        );
        return result;
      });
    }
  }
  return rootModule({
    imports: auditImports(database),
    controllers: [ordersController(OrdersController, { inject: [AuditAggregator, DataSource] })],
  });
}
