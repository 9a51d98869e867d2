import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Controller, Module, Post, type INestApplication } from '@nestjs/common';
import { AuditAggregator, Audited, AuditModule } from '../../src/audit/index.js';
import { MonitoringModule } from '../../src/monitoring/index.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import { testDatabase } from '../support/close-after-tests.js';
import { eventually } from '../support/eventually.js';
import { freshKeyFile } from '../support/fresh-key-file.js';
import { listen } from '../support/http-app.js';
import { type TestDatabase } from '../support/test-database.js';
import { startLedgerApp } from '../support/ledger-app.js';
import { withClient } from '../support/sql.js';

@Controller('orders')
class OrdersController {
  @Post()
  @Audited('order_creation')
  create(): string {
    return 'created';
  }

  @Post('refund')
  refund(): string {
    return 'refunded';
  }
}

class KeptLog extends ConsoleLogger {
  readonly ours: string[] = [];

  protected override printMessages(messages: unknown[], context = ''): void {
    if (context.startsWith('Audit')) this.ours.push(...messages.map(String));
  }
}

const apps: INestApplication[] = [];
afterAll(async () => {
  for (const app of apps) await app.close();
});
const made = await testDatabase();
const other = await testDatabase();
const bare = await testDatabase({ empty: true });
const login = `token_${randomBytes(6).toString('hex')}`;
const tokens = await testDatabase({ roles: [login] });

describe('the first boot of a small application', () => {
  const log = new KeptLog();

  async function boot({ url }: TestDatabase): Promise<readonly string[]> {
    log.ours.splice(0);
    const ledger = { connectionUrl: url, signingKeyFile: freshKeyFile(), authorize: () => false as const };
    @Module({
      imports: [AuditModule.forRoot({ spillDir: false }), MonitoringModule.forRootAsync({ useFactory: () => ledger })],
      controllers: [OrdersController],
    })
    class ShopModule {}
    const { app } = await listen(ShopModule, 'express', (app) => app.useLogger(log));
    apps.push(app);
    return log.ours;
  }

  it('logs a few lines, one of which counts its own routes and names the one that is not audited', async () => {
    const lines = await boot(made);

    expect(lines.length).toBeLessThanOrEqual(8);
    expect(lines).toContainEqual(
      expect.stringMatching(/^Audit coverage: routes that change state: 2, .*: 1, POST \/orders\/refund\. /),
    );
  });

  it('names the command that makes the tables, if they are missing', async () => {
    const lines = await boot(bare);

    await eventually(() => lines.some((line) => line.includes('npx nestjs-audit-ledger migrate dist/app.module.js')));
    expect(lines.length).toBeLessThanOrEqual(8);
  });
});

describe('an instance whose key the ledger does not accept', () => {
  const signingKeyFile = freshKeyFile();
  const monitoring = { signingKeyFile };
  const audit = { spillDir: false, onFailure: 'closed' } as const;
  const OTHER_KEY = 'another key'.repeat(3);
  const keys = async () =>
    (await other.superuserSql('SELECT writer_keys AS keys FROM audit_head'))[0]?.keys as string[];

  async function start(): Promise<INestApplication> {
    const { app } = await startLedgerApp(other.url, { audit, monitoring });
    apps.push(app);
    return app;
  }

  it.each([
    ['key', { audit: { ...audit, writerKey: OTHER_KEY }, monitoring }],
    ['origin', { audit, monitoring: { signingKeyFile: freshKeyFile(), origin: 'example.com/another-ledger' } }],
  ])('does not start with another %s', async (_what, parts) => {
    await start();
    const before = await keys();
    const started = startLedgerApp(`${other.url}?application_name=second`, parts);
    await expect(started).rejects.toMatchObject({ code: 'AUDIT_WRITER_UNKNOWN' });
    expect([before.length, await keys()]).toEqual([1, before]);
  });

  it('stores nothing that would be parked, if it runs already', async () => {
    const app = await start();
    await other.superuserSql(`UPDATE audit_head SET writer_keys = '{of another key}'`);
    const refused = { code: 'AUDIT_UNAVAILABLE' };
    await expect(app.get(AuditAggregator).record('order_creation')).rejects.toMatchObject(refused);
    await withClient(other.url, async (client) => {
      await client.query('BEGIN');
      const recorded = app.get(AuditAggregator).record('order_creation', {}, { transaction: client });
      await expect(recorded).rejects.toMatchObject(refused);
      await client.query('COMMIT');
    });
    expect(await other.superuserSql('SELECT FROM audit_inbox UNION ALL SELECT FROM audit_parked')).toEqual([]);
  });
});

describe('the password of the ledger', () => {
  it('is asked for with each connection, so that a token may expire while the application runs', async () => {
    const requested = new Set<string>();
    let token = 'the first';
    const roles = 'audit_writer, audit_reader, audit_sequencer, audit_keeper';
    await tokens.superuserSql(`CREATE ROLE ${login} LOGIN PASSWORD '${token}' IN ROLE ${roles}`);
    const password = async (of: string): Promise<string> => {
      requested.add(of);
      return Promise.resolve(token);
    };
    const { href } = Object.assign(new URL(tokens.url), { username: login, password: '' });
    const { app } = await startLedgerApp(href, { audit: { spillDir: false }, monitoring: { password } });
    apps.push(app);
    const status = async () => (await app.get(AuditAggregator).record('order_created', {})).providers.database?.status;
    expect(await status()).toBe('recorded');
    token = 'the second';
    await tokens.superuserSql(`ALTER ROLE ${login} PASSWORD '${token}'`);
    await tokens.superuserSql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${login}'`);
    await eventually(async () => (await status()) === 'recorded');
    await eventually(() => app.get(Sequencer).status.role === 'leading');
    expect(requested).toEqual(new Set([login]));
  });
});
