import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  ForbiddenException,
  Get,
  Module,
  UseGuards,
  type CanActivate,
  type INestApplication,
} from '@nestjs/common';
import { Audited, AuditAggregator, AuditModule } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { MAIN_ADAPTERS, listen, type Adapter } from '../support/http-app.js';

const LIMIT = 5;

class Nobody implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException();
  }
}

@Controller()
class VaultController {
  @Get('vault')
  @Audited('vault_opening')
  @UseGuards(Nobody)
  open(): string {
    return 'gold';
  }

  @Get('lobby')
  @Audited('lobby_visit')
  visit(): string {
    return 'welcome';
  }
}

let app: INestApplication | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(adapter: Adapter, limit: number | false): Promise<{ url: string; memory: InMemoryAuditProvider }> {
  const memory = new InMemoryAuditProvider();
  @Module({
    imports: [AuditModule.forRoot({ maxFailuresPerMinute: limit })],
    controllers: [VaultController],
    providers: [{ provide: InMemoryAuditProvider, useValue: memory }],
  })
  class VaultModule {}
  const listening = await listen(VaultModule, adapter);
  app = listening.app;
  return { url: listening.url, memory };
}

async function knock(url: string, times: number): Promise<void> {
  for (let nth = 0; nth < times; nth++) expect((await fetch(url)).status).toBe(403);
}

describe.each(MAIN_ADAPTERS)('a flood of denials on %s', (adapter) => {
  it('is a few events and one count, which a shutdown records, and nothing is missing', async () => {
    const { url, memory } = await start(adapter, LIMIT);
    await knock(`${url}/vault`, 40);
    expect((await fetch(`${url}/lobby`)).status).toBe(200);
    await app?.close();
    app = undefined;

    const denied = memory.events.filter(({ type }) => type === 'vault_opening_denied');
    const counts = memory.events.filter(({ type }) => type === 'audit_failures_counted');
    expect(denied).toHaveLength(LIMIT);
    expect(counts).toMatchObject([
      {
        category: 'security',
        severity: 'warning',
        actor: { type: 'anonymous' },
        request: { ip: '127.0.0.1' },
        details: { events: 35, types: { vault_opening_denied: 35 }, source: 'ip', limitPerMinute: LIMIT },
      },
    ]);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown;
    expect(counts[0]?.details).toMatchObject({ firstAt: time, lastAt: time });
    expect(memory.events.filter(({ outcome, type }) => outcome === 'success' && type.startsWith('lobby'))).toHaveLength(1);
  }); // prettier-ignore

  it('is recorded whole where that is asked for', async () => {
    const { url, memory } = await start(adapter, false);
    await knock(`${url}/vault`, 2 * LIMIT);
    expect(memory.events).toHaveLength(2 * LIMIT);
  });
});

it('a receipt says that its event was counted, and one that must be stored never is', async () => {
  const { memory } = await start('express', 1);
  const audit = app?.get(AuditAggregator);
  const actor = { id: 'ada' };
  const send = (options = {}) => audit?.record('vault_opening', { outcome: 'failure', actor }, options);

  expect(await send()).toMatchObject({ recorded: true });
  const counted = await send();
  expect(counted).toMatchObject({ recorded: false, counted: true, providers: {} });
  expect(await send({ onFailure: 'closed' })).toMatchObject({ recorded: true });
  const [attempt, began] = ['vault_opening_failed', 'audit_failures_throttled'];
  expect(memory.events.map(({ type }) => type)).toEqual([attempt, began, attempt]);
});
