import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { AuditModule, type AuditModuleOptions } from '../../src/audit/index.js';
import { MonitoringModule, type MonitoringOptions } from '../../src/modules/monitoring/index.js';
import { freshKeyFile } from './fresh-key-file.js';
import { listen, type ListeningApp } from './http-app.js';

/** What such an application has beside the defaults. */
export interface LedgerAppParts extends Pick<ModuleMetadata, 'imports' | 'providers'> {
  readonly audit?: AuditModuleOptions;
  readonly monitoring?: Partial<MonitoringOptions>;
  /** The modules of optional rooms. */
  readonly rooms?: readonly DynamicModule[];
}

/** Starts an application of the audit with a ledger on a database that others may share. Nothing but what a test does adds events. */
export async function startLedgerApp(
  connectionUrl: string,
  { audit = {}, monitoring = {}, rooms = [], imports = [], providers = [] }: LedgerAppParts = {},
): Promise<ListeningApp> {
  @Module({
    imports: [
      AuditModule.forRoot(audit),
      ...imports,
      MonitoringModule.forRootAsync({
        useFactory: () => ({
          ...{ connectionUrl, authorize: () => ({ scope: 'all' }) as const, signingKeyFile: freshKeyFile() },
          ...{ recordReads: false, ...monitoring },
        }),
      }),
      ...rooms,
    ],
    providers,
  })
  class LedgerAppModule {}
  return listen(LedgerAppModule, 'express', (app) => app.useLogger(false));
}
