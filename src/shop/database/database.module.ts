import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg, { type ClientBase } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { auditedPg } from '../../audit/index.js';
import { EXACT_JSON } from './check-server.js';
import { DatabaseAwayFilter } from './database-away.filter.js';

/** The open data sources of an application. After a failed start, the application closes them here, because Nest does not. */
export class OpenDataSources {
  private readonly opened = new Set<Promise<DataSource>>();
  private isClosed = false;

  /** Opens a data source. Rejects with TypeORM's error, and always rejects after {@link close}. */
  readonly open = async (options?: DataSourceOptions): Promise<DataSource> => {
    if (!options) throw new TypeError('Cannot open a data source: it has no options.');
    if (this.isClosed) throw new TypeError('Cannot open a data source: the application is closing.');
    const opening = new DataSource(options).initialize();
    this.opened.add(opening);
    opening.catch(() => this.opened.delete(opening));
    return opening;
  };

  /** Closes all open data sources, and those that are still being opened. Never rejects. */
  async close(): Promise<void> {
    this.isClosed = true; // without this, the retry of TypeORM's module after a second would open another data source
    for (const opening of this.opened) {
      const source = await opening.catch(() => undefined);
      if (source?.isInitialized) await source.destroy().catch(() => undefined);
    }
  }
}

/** Provides the application's database connections through TypeORM. The schema must exist: run `migrate` before. */
@Module({})
export class DatabaseModule {
  /** @param sources opens the data source @param contextKeyFile the file with the key that signs the contexts of row changes */
  static forRoot(url: string, sources = new OpenDataSources(), contextKeyFile?: string): DynamicModule {
    const { Client } = contextKeyFile === undefined ? pg : auditedPg(pg, { keyFile: contextKeyFile });
    return {
      module: DatabaseModule,
      providers: [{ provide: APP_FILTER, useClass: DatabaseAwayFilter }],
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            type: 'postgres',
            url,
            applicationName: 'nestjs-audit-ledger app',
            autoLoadEntities: true,
            synchronize: false,
            retryAttempts: 3,
            retryDelay: 1_000,
            extra: { Client, onConnect: survive, types: EXACT_JSON },
          }),
          dataSourceFactory: sources.open,
        }),
      ],
    };
  }
}

/** Ignores the error event of a broken connection, which would end the process. Statements on the connection reject anyway. */
function survive(client: ClientBase): void {
  client.on('error', () => undefined);
}
