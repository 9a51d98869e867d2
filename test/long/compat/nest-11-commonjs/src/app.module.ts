import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from 'nestjs-audit-ledger';
import { createAuditMigrations, MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { resolveAccess } from './resolve-access';
import { OrdersController } from './orders.controller';

const url = process.env.DATABASE_URL ?? '';

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url, migrations: createAuditMigrations('public'), migrationsRun: true }),
    ScheduleModule.forRoot(),
    AuditModule.forRoot(),
    MonitoringModule.forRootAsync({ useFactory: () => ({ connectionUrl: url, authorize: resolveAccess }) }),
  ],
  controllers: [OrdersController],
})
export class AppModule {}
