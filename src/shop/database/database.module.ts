import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg, { type ClientBase } from 'pg';
import { auditedPg } from '../../audit/index.js';

/** Provides the application's database connections through TypeORM. The schema must exist: run `migrate` before. */
@Module({})
export class DatabaseModule {
  /** @param contextKeyFile the file with the key that signs the contexts of row changes */
  static forRoot(url: string, contextKeyFile?: string): DynamicModule {
    const { Client } = contextKeyFile === undefined ? pg : auditedPg(pg, { keyFile: contextKeyFile });
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
            extra: { Client, onConnect: ignoreClientErrors },
          }),
        }),
      ],
    };
  }
}

/** Ignores the error event of a broken connection, which would end the process. Statements on the connection reject anyway. */
function ignoreClientErrors(client: ClientBase): void {
  client.on('error', () => undefined);
}
