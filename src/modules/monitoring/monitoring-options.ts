import type { InjectionToken, ModuleMetadata } from '@nestjs/common';

/** The options of `MonitoringModule.forRootAsync`. */
export interface MonitoringOptions {
  /** Where the ledger is written: a PostgreSQL connection URL. Read through the application's TypeORM data source. */
  readonly connectionUrl: string;
  /** Whether a request may read the ledger: without an answer to this, the routes are not mounted. */
  readonly authorize: (request: unknown) => boolean | Promise<boolean>;
  /** Connections for writing. @defaultValue 2 */
  readonly maxWriteConnections?: number;
}

/** {@link MonitoringOptions} from a factory. */
export interface MonitoringAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: InjectionToken[];
  readonly useFactory: (...dependencies: never[]) => MonitoringOptions | Promise<MonitoringOptions>;
}

/** The injection token of {@link MonitoringOptions}. */
export const MONITORING_OPTIONS = Symbol('MONITORING_OPTIONS');
