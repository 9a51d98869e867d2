import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { accessOf } from './access-of.js';
import { OrdersController } from './orders.controller.js';

const url = process.env.DATABASE_URL ?? '';
const schema = 'audit';

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url }),
    ScheduleModule.forRoot(),
    AuditModule.forRoot(),
    MonitoringModule.forRootAsync({ useFactory: () => ({ connectionUrl: url, schema, authorize: accessOf }) }),
  ],
  controllers: [OrdersController],
})
export class ExpressAppModule {}
