import { beforeEach, expect, it } from '@jest/globals';
import { ConflictException, Controller, Inject, Module, Param, Post } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  AuditAggregator,
  Audited,
  AuditedTransaction,
  AuditModule,
  AuditProvider,
  type AuditEvent,
} from '../../src/audit/index.js';
import { eventually, keptApp, listen, testDatabase } from '../support/index.js';

@AuditProvider({ backend: 'vault', required: true })
class VaultProvider implements AuditProvider {
  stored: string[] = [];
  isAway = false;
  /** Whether the provider goes away once it has the attempt. */
  isLeaving = false;

  record(batch: readonly AuditEvent[]): Promise<void> {
    if (this.isAway) return Promise.reject(new Error('the vault is away'));
    this.stored.push(...batch.map(({ type }) => type));
    this.isAway = this.stored.at(-1)?.endsWith('_attempted') === true && this.isLeaving;
    return Promise.resolve();
  }
}

const vault = new VaultProvider();

@Controller('payments')
class PaymentController {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(AuditAggregator) private readonly audit: AuditAggregator,
  ) {}

  @Post('decorated/:id')
  @AuditedTransaction('payment_release', { onFailure: 'closed' })
  async decorated(@Param('id') id: string): Promise<void> {
    await this.source.query('INSERT INTO payment VALUES ($1)', [id]);
  }

  @Post('refused/:id')
  @Audited('payment_release', { onFailure: 'closed' })
  async refused(@Param('id') id: string): Promise<void> {
    await this.source.transaction(async (manager) => {
      await manager.query('INSERT INTO payment VALUES ($1)', [id]);
      throw new ConflictException();
    });
  }

  @Post('called/:id')
  async called(@Param('id') id: string): Promise<void> {
    await this.source.transaction(async (manager) => {
      await manager.query('INSERT INTO payment VALUES ($1)', [id]);
      await this.audit.record('payment_release', {}, { onFailure: 'closed' });
    });
  }
}

const database = await testDatabase();
await database.sql('CREATE TABLE payment (id text PRIMARY KEY)');
@Module({
  imports: [TypeOrmModule.forRoot({ type: 'postgres', url: database.url }), AuditModule.forRoot({ spillDir: false })],
  controllers: [PaymentController],
  providers: [{ provide: VaultProvider, useValue: vault }],
})
class PaymentModule {}
const running = await keptApp(listen(PaymentModule, 'express'));
beforeEach(() => void Object.assign(vault, { isAway: false, isLeaving: false, stored: [] }));

const payments = () => vault.stored.filter((type) => type.startsWith('payment'));

it.each(['decorated', 'called'])(
  'a closed event that is lost after the commit is not a success for its caller: %s',
  async (way) => {
    const send = async (id: string) => fetch(`${running.url}/payments/${way}/${way}-${id}`, { method: 'POST' });
    let nth = 0;
    await eventually(async () => (await send(`kept-${++nth}`)).status === 201); // it may have been away before
    expect(payments().slice(-2)).toEqual(['payment_release_attempted', 'payment_release']);
    vault.stored = [];
    vault.isLeaving = true;
    const answer = await send('lost');
    expect([answer.status, await answer.json()]).toMatchObject([500, { code: 'AUDIT_OUTCOME_LOST' }]);
    expect(await database.sql('SELECT FROM payment WHERE id = $1', [`${way}-lost`])).toHaveLength(1);
    Object.assign(vault, { isAway: false, isLeaving: false });
    await running.app.get(AuditAggregator).drain();
    expect(payments()).toEqual(['payment_release_attempted']); // and no failure: it happened
  },
);

it('a closed event that is lost after a rollback of all that was done lets the client repeat the request', async () => {
  const send = () => fetch(`${running.url}/payments/refused/undone`, { method: 'POST' });
  await eventually(async () => (await send()).status === 409); // it may have been away before
  vault.isLeaving = true;
  const answer = await send();
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'AUDIT_UNAVAILABLE' }]);
  expect(await database.sql(`SELECT id FROM payment WHERE id = 'undone'`)).toEqual([]);
});
