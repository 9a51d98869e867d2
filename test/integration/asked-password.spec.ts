import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { AuditAggregator } from '../../src/audit/index.js';
import { Sequencer } from '../../src/monitoring/sealer/sequencer.service.js';
import { eventually, keptApp, testDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';

const login = `token_${randomBytes(6).toString('hex')}`;
const asked = new Set<string>();
let token = 'the first';

const asSuperuser = (sql: string) => database.superuserSql(sql);

const database = await testDatabase({ roles: [login] });
await asSuperuser(
  `CREATE ROLE ${login} LOGIN PASSWORD '${token}' IN ROLE audit_writer, audit_reader, audit_sequencer, audit_keeper`,
);
const url = Object.assign(new URL(database.url), { username: login, password: '' });
const password = async (of: string): Promise<string> => {
  asked.add(of);
  return Promise.resolve(token);
};
const running = await keptApp(startLedgerApp(url.href, { audit: { spillDir: false }, monitoring: { password } }));

it('is asked for with each connection, so that a token may expire while the application runs', async () => {
  const audit = running.app.get(AuditAggregator);
  const status = async () => (await audit.record('order_created', {})).providers.database?.status;
  expect(await status()).toBe('recorded');
  token = 'the second';
  await asSuperuser(`ALTER ROLE ${login} PASSWORD '${token}'`);
  await asSuperuser(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${login}'`);
  await eventually(async () => (await status()) === 'recorded');
  await eventually(() => running.app.get(Sequencer).status.role === 'leading');
  expect(asked).toEqual(new Set([login]));
});
