import { execFile } from 'node:child_process';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { BadRequestException, Body, Controller, Inject, Module, Post } from '@nestjs/common';
import { AuditAggregator, AuditContext, Audited, AuditedTransaction } from '../../src/audit/index.js';
import {
  AuditTestingModule,
  expectAuditCoverage,
  expectAudited,
  expectNotAudited,
  InMemoryAuditProvider,
} from '../../src/audit/testing/index.js';
import { keptApp, closeEach } from '../support/close-after-tests.js';
import { MAIN_ADAPTERS, listen } from '../support/http-app.js';

@Controller('orders')
class OrdersController {
  @Post()
  @Audited('order_creation', { resource: ({ result }) => ({ type: 'order', id: result.id }) })
  create(@Body() { items }: { items: readonly { readonly sku: string }[] }): { id: string } {
    if (items.length === 0) throw new BadRequestException('an order needs items');
    AuditContext.annotate({ details: { items } });
    return { id: 'o-1' };
  }
}

class Steps {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  @AuditedTransaction()
  async nested(): Promise<void> {
    await this.audit.record('inner_done');
  }

  @AuditedTransaction('note_writing')
  async write(fails: boolean): Promise<void> {
    await this.audit.record('step_done');
    await this.nested();
    if (fails) throw new Error('refused');
  }
}

@Module({ controllers: [OrdersController], providers: [Steps] })
class OrdersModule {}

@Module({ imports: [AuditTestingModule.forRoot(), OrdersModule] })
class TestedModule {}

/** These tests are the examples of docs/guides/recording.md. */
describe.each(await closeEach(MAIN_ADAPTERS, (adapter) => keptApp(listen(TestedModule, adapter))))(
  "the tests of a team's module, on $adapter",
  (listening) => {
    beforeEach(() => listening.app.get(InMemoryAuditProvider).clear());

    const order = (items: readonly object[]): Promise<Response> =>
      fetch(`${listening.url}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ items }),
      });

    it('expect an event and see it whole', async () => {
      await order([{ sku: 'tea', quantity: 2 }]);

      const { id } = expectAudited(listening.app, 'order_created', {
        resource: { type: 'order', id: 'o-1' },
        request: { method: 'POST', statusCode: 201, ip: /127\.0\.0\.1$/ },
        details: { items: [{ sku: 'tea' }] },
      });
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('expect none', async () => {
      await order([]);

      expectAudited(listening.app, 'order_creation', { outcome: 'failure', request: { statusCode: 400 } });
      expectNotAudited(listening.app, 'order_created');
    });

    it('run transactions without a database, where a failed method keeps only its failure', async () => {
      const { app } = listening;
      const events = (): readonly string[] => app.get(InMemoryAuditProvider).events.map(({ type }) => type);
      await app.get(Steps).write(false);
      expect([...events()].sort()).toEqual(['inner_done', 'note_writing', 'step_done']);
      app.get(InMemoryAuditProvider).clear();
      await expect(app.get(Steps).write(true)).rejects.toThrow('refused');
      expect(events()).toEqual(['note_writing_failed']);
    });

    it('expect every route that changes state to be decided about', () => {
      expect(() => expectAuditCoverage(listening.app)).not.toThrow();
    });
  },
);

it("works as the package's door, under another test runner", async () => {
  const runner = execFile(process.execPath, ['--test', 'test/support/testing-kit.node-test.mjs'], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let output = '';
  runner.stdout?.on('data', (chunk: string) => (output += chunk));
  const code = await new Promise((resolve) => runner.once('exit', resolve));

  expect([code, output]).toEqual([0, expect.stringMatching(/pass 2/)]);
});
