import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { resolveAccess } from './resolve-access.js';
import { OrdersController } from './orders.controller.js';

const ledger = {
  connectionUrl: process.env.DATABASE_URL ?? '',
  sequencerUrl: process.env.AUDIT_SEQUENCER_URL,
  schema: 'audit',
};

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: ledger.connectionUrl }),
    AuditModule.forRoot(),
    MonitoringModule.forRootAsync({ useFactory: () => ({ ...ledger, authorize: resolveAccess }) }),
  ],
  controllers: [OrdersController],
})
export class ExpressAppModule {}
