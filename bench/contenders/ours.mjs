import { join } from 'node:path';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditAggregator, Audited, AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { DataSource } from 'typeorm';
import { ordersController, rootModule } from './decorate.mjs';
import { detailsOf, placeOrder } from './order.mjs';
import { writeKeyFile } from './write-key-file.mjs';

const CAPTURED = {
  resource: ({ result }) => ({ type: 'order', id: result.id }),
  details: ({ request, result }) => detailsOf(request.body, result),
};

/** The library with nothing but the ledger, as its README tells to set it up; and the streams that the environment names. */
export function auditImports({ url, directory, entities = [], ...typeOrm }, monitoring = {}) {
  const { BENCH_SIGNING_KEY, BENCH_STREAMS = '[]' } = process.env;
  const signingKeyFile =
    BENCH_SIGNING_KEY ?? writeKeyFile(join(directory, 'signing.key'), 'nestjs-audit-ledger.local/ledger');
  const streams = JSON.parse(BENCH_STREAMS);
  return [
    TypeOrmModule.forRoot({ type: 'postgres', url, entities, synchronize: false, ...typeOrm }),
    ScheduleModule.forRoot(),
    AuditModule.forRoot({ spillDir: join(directory, 'spill'), spillKey: 'of the benchmark, which keeps no secret' }),
    MonitoringModule.forRootAsync({
      useFactory: () => ({ connectionUrl: url, authorize: () => false, signingKeyFile, streams, ...monitoring }),
    }),
  ];
}

/** `@Audited`: the response waits for the event's commit. */
export const durable = (database) => audited(database, CAPTURED);

/** `@Audited` with `delivery: 'buffered'`: the response waits for nothing. */
export const buffered = (database) => audited(database, { ...CAPTURED, delivery: 'buffered' });

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

/** `record(…, { manager })`: the event is a part of the handler's own transaction. */
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
        await this.audit.record('order_creation', { resource, details: detailsOf(order, result) }, { manager });
        return result;
      });
    }
  }
  return rootModule({
    imports: auditImports(database),
    controllers: [ordersController(OrdersController, { inject: [AuditAggregator, DataSource] })],
  });
}

/** Why this build has no transactional delivery, or `undefined`: an event must go with the transaction that it is in. */
export async function whyNotTransactional(app) {
  const dataSource = app.get(DataSource);
  const audit = app.get(AuditAggregator);
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction();
  const { eventId } = await audit.record('order_creation', {}, { manager: runner.manager });
  await runner.rollbackTransaction();
  await runner.release();
  await audit.drain();
  const rows = await dataSource.query('SELECT FROM audit_event WHERE id = $1', [eventId]);
  return rows.length === 0 ? undefined : 'record() does not take { manager } in this build';
}
