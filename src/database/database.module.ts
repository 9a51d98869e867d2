import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { ClientBase } from 'pg';
import { EXACT_JSON } from './exact-json.js';
import { OpenDataSources } from './open-data-sources.js';

/** The application's own connections, through TypeORM. The schema is made by `migrate` before the application starts. */
@Module({})
export class DatabaseModule {
  /** @param sources what opens the data source; it can close it where the application does not come to be */
  static forRoot(url: string, sources = new OpenDataSources()): DynamicModule {
    return {
      module: DatabaseModule,
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
            extra: { onConnect: survive, types: EXACT_JSON },
          }),
          dataSourceFactory: sources.open,
        }),
      ],
    };
  }
}

/** Its statements reject when it breaks; unheard of by anybody, that would end the process. */
function survive(client: ClientBase): void {
  client.on('error', () => undefined);
}
