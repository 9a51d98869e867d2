// The root module of an application for `nestjs-audit-ledger worker`: the specs' own processes seal what a web accepts.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';
import { StreamsModule } from 'nestjs-audit-ledger/streams';
import { AlertsModule } from 'nestjs-audit-ledger/alerts';

const { AUDIT_WRITER_KEY, LEDGER_URL, AUDIT_SEQUENCER_URL, AUDIT_SIGNING_KEY_FILE, SPILL_DIR, GIVEN_ROLE } =
  process.env;

export class AppModule {}
Module({
  imports: [
    AuditModule.forRoot({ spillDir: SPILL_DIR, writerKey: AUDIT_WRITER_KEY }),
    MonitoringModule.forRoot({
      ...(GIVEN_ROLE && { role: GIVEN_ROLE }),
      connectionUrl: LEDGER_URL,
      sequencerUrl: AUDIT_SEQUENCER_URL,
      signingKeyFile: AUDIT_SIGNING_KEY_FILE,
      authorize: () => ({ scope: 'all' }),
    }),
    StreamsModule.forRoot(),
    AlertsModule.forRoot(),
  ],
})(AppModule);
