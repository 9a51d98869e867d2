import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { ClientBase } from 'pg';
import { EXACT_JSON } from './exact-json.js';

/** The application's own connections, through TypeORM. The schema is made by `migrate` before the application starts. */
@Module({})
export class DatabaseModule {
  static forRoot(url: string): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url,
          applicationName: 'nestjs-audit-ledger app',
          autoLoadEntities: true,
          synchronize: false,
          retryAttempts: 3,
          retryDelay: 1_000,
          extra: { onConnect: survive, types: EXACT_JSON },
        }),
      ],
    };
  }
}

/** Its statements reject when it breaks; unheard of by anybody, that would end the process. */
function survive(client: ClientBase): void {
  client.on('error', () => undefined);
}
