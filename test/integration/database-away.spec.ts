import { expect, it } from '@jest/globals';
import { Controller, Module, Post } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { DatabaseAwayFilter } from '../../src/shop/database/database-away.filter.js';
import { eventually, keptApp, listen, testDatabase } from '../support/index.js';

@Controller('payments')
class PaymentsController {
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  @Post()
  async pay(): Promise<void> {
    await this.source.transaction(async (manager) => {
      const [row] = await manager.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
      await database.superuserSql('SELECT pg_terminate_backend($1)', [row?.pid]);
      await eventually(() => Promise.resolve(manager.queryRunner?.isReleased));
      await manager.query('SELECT 1');
    });
  }
}

const database = await testDatabase();
@Module({
  imports: [TypeOrmModule.forRoot({ type: 'postgres', url: database.url })],
  controllers: [PaymentsController],
  providers: [{ provide: APP_FILTER, useClass: DatabaseAwayFilter }],
})
class PaymentsModule {}
const listening = await keptApp(listen(PaymentsModule, 'express'));

it('a request whose session of PostgreSQL died between two statements is answered 503', async () => {
  const { status } = await fetch(`${listening.url}/payments`, { method: 'POST' });
  expect(status).toBe(503);
});
