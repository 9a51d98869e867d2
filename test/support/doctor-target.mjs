// Environment variables select the set-up.
import { Controller, Injectable, Module, Post } from '@nestjs/common';
import { Audited, AuditModule } from 'nestjs-audit-ledger';
import { JetStreamModule } from 'nestjs-audit-ledger/jetstream';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { RowChangesModule } from 'nestjs-audit-ledger/row-changes';
import { StreamsModule } from 'nestjs-audit-ledger/streams';
import { AlertsModule } from 'nestjs-audit-ledger/alerts';

function paymentsController(isAudited) {
  class PaymentsController {
    pay() {}
  }
  const descriptor = Object.getOwnPropertyDescriptor(PaymentsController.prototype, 'pay');
  for (const decorate of [Post('pay'), ...(isAudited ? [Audited('order_payment')] : [])]) {
    decorate(PaymentsController.prototype, 'pay', descriptor);
  }
  Controller('payments')(PaymentsController);
  return PaymentsController;
}

/** In applications, options often come from a service of another module. */
class Settings {
  get ledger() {
    return { authorize: () => false, ...JSON.parse(process.env.DOCTOR_OPTIONS ?? '{}') };
  }

  onModuleInit() {
    throw new Error('nothing may be started');
  }
}
Injectable()(Settings);
class SettingsModule {}
Module({ providers: [Settings], exports: [Settings] })(SettingsModule);

const MonitoringOfSettings = MonitoringModule.forRootAsync({
  imports: [SettingsModule],
  inject: [Settings],
  useFactory: (settings) => settings.ledger,
});
const EXTENSIONS = {
  'row-changes': RowChangesModule.forRoot(),
  streams: StreamsModule.forRootAsync({
    useFactory: () => ({ streams: JSON.parse(process.env.DOCTOR_STREAMS ?? '[]') }),
  }),
  alerts: AlertsModule.forRoot(),
  jetstream: JetStreamModule.forRoot({ servers: ['nats.example.com:4222'], stream: 'AUDIT' }),
};
const LEDGERS = { on: [MonitoringOfSettings], off: [], 'off beside extensions': [], bare: [MonitoringModule] };

export function shop() {
  const { DOCTOR_SPILL = '{}', DOCTOR_LEDGER = 'on', DOCTOR_ROUTES = 'audited' } = process.env;
  const { DOCTOR_EXTENSIONS = Object.keys(EXTENSIONS).join() } = process.env;
  const hasExtensions = ['on', 'off beside extensions'].includes(DOCTOR_LEDGER);
  const extensions = hasExtensions ? DOCTOR_EXTENSIONS.split(',').map((extension) => EXTENSIONS[extension]) : [];
  const core = DOCTOR_SPILL === 'bare' ? AuditModule : AuditModule.forRoot(JSON.parse(DOCTOR_SPILL));
  return {
    module: class ShopModule {},
    imports: [core, ...LEDGERS[DOCTOR_LEDGER], ...extensions],
    controllers: [paymentsController(DOCTOR_ROUTES === 'audited')],
  };
}
