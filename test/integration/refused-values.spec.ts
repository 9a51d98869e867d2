import { describe, expect, it } from '@jest/globals';
import { Body, Controller, Post, Query, ValidationPipe } from '@nestjs/common';
import { IsOptional, IsString, Matches, MinLength } from 'class-validator';
import { AuditAggregator, Audited } from '../../src/audit/index.js';
import { kept, settled, tempFolder, testDatabase, withClient } from '../support/index.js';
import { startLedgerApp } from '../support/ledger-app.js';

class Account {
  @IsOptional()
  @MinLength(8, { message: '$value is too short' })
  readonly password?: string;

  @IsOptional()
  @Matches(/^x/, { message: 'bad name: $value' })
  readonly name?: string;

  @IsOptional()
  readonly more?: unknown;
}

class Reset {
  @Matches(/^x/, { message: 'the code $value is wrong' })
  readonly code?: string;

  @IsString()
  readonly missing?: string;
}

@Controller()
class Accounts {
  @Post('account')
  @Audited('account_change')
  change(@Body(new ValidationPipe({ expectedType: Account })) account: Account): string {
    return typeof account;
  }

  @Post('reset')
  @Audited('account_change')
  reset(@Query(new ValidationPipe({ expectedType: Reset })) reset: Reset): string {
    return typeof reset;
  }
}

const database = await testDatabase();
const spillDir = await tempFolder('audit-spill-');
const { app, url } = await startLedgerApp(database.url, { audit: { spillDir }, controllers: [Accounts] });
await kept({ close: () => app.close() });

describe('a refused value', () => {
  it.each([
    ['at the start of a message', 'account', { password: 'hunter2' }, 'hunter2', 'is too short'],
    ['after 200 others', 'account', { more: [...Array(201).keys()], name: 'Gretel' }, 'Gretel', 'refused'],
    ['of the query', 'reset?code=k3yZq9Lm', {}, 'k3yZq9Lm', 'missing must be a string'],
  ])('%s is not stored', async (_place, path, body, value, remaining) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/${path}`, { method: 'POST', body: JSON.stringify(body), headers });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(value)]);
    await app.get(AuditAggregator).drain();
    await settled(database);
    const stored = await withClient(database.superuserUrl, async (client) => {
      const { rows } = await client.query<{ event: string }>(
        'SELECT to_jsonb(e)::text AS event FROM audit_event e ORDER BY occurred_at DESC, id DESC LIMIT 1',
      );
      return rows[0]?.event;
    });
    expect(stored).toContain(remaining);
    expect(stored).not.toContain(value);
  });
});
