import { randomBytes } from 'node:crypto';
import { Controller, Inject, Post, type LoggerService } from '@nestjs/common';
import { AuditAggregator, type AuditReceipt, type ProviderHealth } from '../../../../src/audit/index.js';
import { SelfCheck } from '../../../../src/monitoring/operate/self-check/self-check.service.js';
import { runSql, tempFolder } from '../../../support/index.js';
import { startLedgerApp } from '../../../support/ledger-app.js';
import { createTestDatabase, type TestDatabase } from '../../../support/test-database.js';
import { STORED_EVENTS } from '../../../support/stored-events.js';

@Controller('orders')
class OrdersController {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  @Post()
  async place(): Promise<AuditReceipt> {
    return this.audit.record('order_creation', { resource: { type: 'order', id: 'o-1' } });
  }
}

export type LedgerScene = Awaited<ReturnType<typeof startLedgerScene>>;

/** The ledger's role may read, add events, have months made, and seal, and has no more rights. */
export async function startLedgerScene(providerTimeoutMs: number) {
  const database = await createTestDatabase();
  const role = `ledger_${randomBytes(6).toString('hex')}`;
  const spillDir = await tempFolder('audit-spill-');
  const asSuperuser = (sql: string) => database.superuserSql(sql);
  await asSuperuser(`CREATE ROLE ${role} LOGIN PASSWORD 'right'`);
  await grantLedger(database, role);
  const complaints: string[] = [];
  const { app, url } = await startLedgerApp(buildUrl(database, role), {
    audit: { spillDir, providerTimeoutMs },
    controllers: [OrdersController],
    logger: collector(complaints),
  });
  await app.get(SelfCheck).run(); // so that it is not in the middle of a fault
  return {
    database,
    role,
    app,
    complaints,
    asSuperuser,
    send: async () => {
      const response = await fetch(`${url}/orders`, { method: 'POST' });
      return { status: response.status, receipt: (await response.json()) as AuditReceipt }; // what the route returns
    },
    health: async (): Promise<ProviderHealth> => {
      const { database: ledger } = await app.get(AuditAggregator).health();
      if (!ledger) throw new Error('The ledger is not a provider.');
      return ledger;
    },
    /** Counts sealed events, and events in the inbox. */
    countEvents: async (ids: readonly string[]): Promise<readonly number[]> => {
      const rows = await database.superuserSql(
        `SELECT (SELECT count(*)::int FROM ${STORED_EVENTS} WHERE stored.id = wanted.id) AS times
         FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place) ORDER BY place`,
        [ids],
      );
      return rows.map(({ times }) => Number(times));
    },
    /** New sessions of the ledger's role meet its changed settings. */
    disconnect: async () => {
      await asSuperuser(`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = '${role}'`);
    },
    close: async () => {
      await app.close();
      await database.drop();
      await runSql(getServerUrl(database), `DROP ROLE ${role}`);
    },
  };
}

export async function grantLedger(database: TestDatabase, role: string): Promise<void> {
  await database.superuserSql(`GRANT audit_writer, audit_sequencer, audit_reader TO ${role}`);
}

/** The database `postgres` always exists. */
export function getServerUrl({ superuserUrl }: TestDatabase): string {
  const url = new URL(superuserUrl);
  url.pathname = '/postgres';
  return url.href;
}

function buildUrl(database: TestDatabase, role: string): string {
  const url = new URL(database.url);
  url.username = role;
  url.password = 'right';
  return url.href;
}

function collector(complaints: string[]): LoggerService {
  const collect = (message: unknown): void => void complaints.push(String(message));
  const ignore = (): void => undefined;
  return { log: ignore, debug: ignore, verbose: ignore, warn: collect, error: collect, fatal: collect };
}
