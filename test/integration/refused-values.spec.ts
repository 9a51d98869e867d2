import { expect, it } from '@jest/globals';
import { Body, Controller, Post, ValidationPipe } from '@nestjs/common';
import { MinLength } from 'class-validator';
import { AuditAggregator, Audited } from '../../src/audit/index.js';
import { kept, settled, tempFolder, testDatabase } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';

class Account {
  @MinLength(8, { message: '$value is too short' })
  readonly password?: string;
}

@Controller()
class Accounts {
  @Post('account')
  @Audited('account_change')
  change(@Body(new ValidationPipe({ expectedType: Account })) account: Account): string {
    return typeof account;
  }
}

const database = await testDatabase();
const spillDir = await tempFolder('audit-spill-');
const { app, url } = await startLedgerApp(database.url, { audit: { spillDir }, controllers: [Accounts] });
await kept({ close: () => app.close() });

it('a value that is refused is not stored, and its constraint is', async () => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/account`, { method: 'POST', body: '{"password":"hunter2"}', headers });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('hunter2')]);
  await app.get(AuditAggregator).drain();
  await settled(database);
  const [stored] = await database.superuserSql(
    `SELECT to_jsonb(e)::text AS event FROM audit_event e WHERE action = 'account_change'`,
  );
  expect(stored?.event).toContain('is too short');
  expect(stored?.event).not.toContain('hunter2');
});
