import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { resolveAccess } from './resolve-access.js';
import { OrdersController } from './orders.controller.js';

const url = process.env.DATABASE_URL ?? '';

@Module({
  imports: [
    ScheduleModule.forRoot(),
    AuditModule.forRoot(),
    MonitoringModule.forRootAsync({
      useFactory: () => ({
        connectionUrl: url,
        schema: 'Audit Log',
        signingKeyFile: '.data/audit-log.key', // each ledger has its own
        authorize: resolveAccess,
      }),
    }),
  ],
  controllers: [OrdersController],
})
export class FastifyAppModule {}
