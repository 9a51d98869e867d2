import { Module, type DynamicModule, type LoggerService, type ModuleMetadata } from '@nestjs/common';
import { AuditModule, type AuditModuleOptions } from '../../src/audit/index.js';
import { MonitoringModule, type LedgerAccess, type MonitoringOptions } from '../../src/monitoring/index.js';
import { freshKeyFile } from './fresh-key-file.js';
import { listen, type Adapter, type ListeningApp } from './http-app.js';

export interface LedgerAppParts extends Pick<ModuleMetadata, 'controllers' | 'imports' | 'providers'> {
  readonly adapter?: Adapter;
  readonly audit?: AuditModuleOptions;
  readonly monitoring?: Partial<MonitoringOptions>;
  readonly extensions?: readonly DynamicModule[];
  readonly logger?: LoggerService | false;
}

/** Other specs may share the database. Only the test adds events. */
export async function startLedgerApp(
  connectionUrl: string,
  {
    adapter = 'express',
    audit = {},
    monitoring = {},
    extensions = [],
    imports = [],
    logger = false,
    ...parts
  }: LedgerAppParts = {},
): Promise<ListeningApp> {
  @Module({
    imports: [
      AuditModule.forRoot(audit),
      ...imports,
      MonitoringModule.forRootAsync({
        metricsRoute: true,
        useFactory: () => ({
          ...{ connectionUrl, authorize: () => ({ scope: 'all' }) as const, signingKeyFile: freshKeyFile() },
          ...{ recordReads: false, ...monitoring },
        }),
      }),
      ...extensions,
    ],
    ...parts,
  })
  class LedgerAppModule {}
  return listen(LedgerAppModule, adapter, (app) => app.useLogger(logger));
}

export function accessOfHeader(request: unknown): LedgerAccess | false {
  const { headers } = request as { readonly headers: Readonly<Record<string, string>> };
  return JSON.parse(headers['x-access'] ?? 'false') as LedgerAccess | false;
}
