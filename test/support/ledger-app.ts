import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { AuditModule, type AuditModuleOptions } from '../../src/audit/index.js';
import { MonitoringModule, type LedgerAccess, type MonitoringOptions } from '../../src/modules/monitoring/index.js';
import { freshKeyFile } from './fresh-key-file.js';
import { listen, type Adapter, type ListeningApp } from './http-app.js';

/** What such an application has beside the defaults. */
export interface LedgerAppParts extends Pick<ModuleMetadata, 'controllers' | 'imports' | 'providers'> {
  /** @defaultValue `express` */
  readonly adapter?: Adapter;
  readonly audit?: AuditModuleOptions;
  readonly monitoring?: Partial<MonitoringOptions>;
  /** The modules of optional rooms. */
  readonly rooms?: readonly DynamicModule[];
}

/** Starts an application of the audit with a ledger on a database that others may share. Nothing but what a test does adds events. */
export async function startLedgerApp(
  connectionUrl: string,
  { adapter = 'express', audit = {}, monitoring = {}, rooms = [], imports = [], ...parts }: LedgerAppParts = {},
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
    ...parts,
  })
  class LedgerAppModule {}
  return listen(LedgerAppModule, adapter, (app) => app.useLogger(false));
}

/** An option `authorize` by which callers say in a header what they may see. */
export function accessOfHeader(request: unknown): LedgerAccess | false {
  const { headers } = request as { readonly headers: Readonly<Record<string, string>> };
  return JSON.parse(headers['x-access'] ?? 'false') as LedgerAccess | false;
}
