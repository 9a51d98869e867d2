import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg, { type ClientBase } from 'pg';
import { parseJson } from '../audit/index.js';

/** The types json and jsonb. */
const JSON_TYPES: readonly number[] = [114, 3802];

/** Newer versions of Node misread escaped keys. */
const EXACT_JSON = {
  getTypeParser: (id: number, format?: 'text' | 'binary'): unknown =>
    JSON_TYPES.includes(id) && format !== 'binary' ? parseJson : pg.types.getTypeParser(id, format), // eslint-disable-line @typescript-eslint/no-unsafe-enum-assignment -- there are more types than the enum has
};

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
