import { performance } from 'node:perf_hooks';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { mergeMap } from 'rxjs';
import { DataSource } from 'typeorm';
import { rootModule } from './decorate.mjs';
import { detailsOf } from './order.mjs';
import { plainOrders } from './plain.mjs';
import { makeTeamRow, TeamAudit } from './team-audit.mjs';

/** Calls and awaits `repository.save()` for every request. */
export const save = (database) => interceptedBy(database, (repository, row) => repository.save(row));

function interceptedBy({ url }, store) {
  return rootModule({
    imports: [TypeOrmModule.forRoot({ type: 'postgres', url, entities: [TeamAudit], synchronize: false })],
    controllers: [plainOrders()],
    providers: [
      {
        provide: APP_INTERCEPTOR,
        useFactory: (dataSource) => new TeamInterceptor(dataSource.getRepository(TeamAudit), store),
        inject: [DataSource],
      },
    ],
  });
}

class TeamInterceptor {
  constructor(repository, store) {
    this.repository = repository;
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
          details: detailsOf(request.body, result),
        });
        await this.store(this.repository, row);
        return result;
      }),
    );
  }
}
