import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { mergeMap } from 'rxjs';
import { DataSource } from 'typeorm';
import { rootModule } from './decorate.mjs';
import { buildDetails } from './order.mjs';
import { plainOrders } from './plain.mjs';
import { INSERT_ONE, makeTeamRow, TeamAudit, valuesOfRow } from './team-audit.mjs';

/** Calls and awaits `repository.save()` for every request. */
export const save = ({ url }) =>
  rootModule({
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url, entities: [TeamAudit], synchronize: false })],
    controllers: [plainOrders()],
    providers: [
      {
        provide: APP_INTERCEPTOR,
        useFactory: (dataSource) => {
          const repository = dataSource.getRepository(TeamAudit);
          return new TeamInterceptor((row) => repository.save(row));
        },
        inject: [DataSource],
      },
    ],
  });

/** Awaits one prepared INSERT for every request, by the driver alone: the least that an audit in the database can cost. */
export function insert({ url }) {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const store = (row) => pool.query({ ...INSERT_ONE, values: valuesOfRow(row) });
  const useValue = Object.assign(new TeamInterceptor(store), { onModuleDestroy: () => pool.end() });
  return rootModule({ controllers: [plainOrders()], providers: [{ provide: APP_INTERCEPTOR, useValue }] });
}

class TeamInterceptor {
  constructor(store) {
    this.store = store;
  }

  intercept(context, next) {
    const startedAtMs = performance.now();
    const http = context.switchToHttp();
    const request = http.getRequest();
    return next.handle().pipe(
      mergeMap(async (result) => {
        const row = makeTeamRow({
          actor: request.user,
          resource: { type: 'order', id: result.id },
          request: {
            ip: request.ip,
            userAgent: request.headers['user-agent'],
            method: request.method,
            route: request.url,
            statusCode: http.getResponse().statusCode,
            durationMs: performance.now() - startedAtMs,
          },
          details: buildDetails(request.body, result),
        });
        await this.store(row);
        return result;
      }),
    );
  }
}
