import type { DynamicModule, INestApplication } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { MonitoringOptions } from '../../src/modules/monitoring/index.js';
import { StreamsModule, type StreamOptions, type StreamsOptions } from '../../src/modules/streams/index.js';
import { StreamRunner } from '../../src/modules/streams/stream-runner.service.js';
import { WatchModule, type WatchOptions } from '../../src/modules/watch/index.js';
import { eventually } from './eventually.js';
import { startLedgerApp } from './ledger-app.js';
import { addEvents } from './log-scene.js';
import { runSql, withClient } from './sql.js';
import type { TestDatabase } from './test-database.js';
import { tempFolder } from './temp-folder.js';

export interface StreamApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly runner: StreamRunner;
  close(): Promise<void>;
}

/** Without `watch`, no rules run. */
interface StreamAppOptions extends Partial<MonitoringOptions>, Pick<StreamsOptions, 'streamSecretsKey'> {
  readonly watch?: WatchOptions;
  readonly rooms?: readonly DynamicModule[];
}

export async function startStreamApp(
  { url: connectionUrl }: Pick<TestDatabase, 'url'>,
  signingKeyFile: string,
  streams: readonly StreamOptions[],
  { streamSecretsKey, watch = { shipped: false }, rooms = [], ...others }: StreamAppOptions = {},
): Promise<StreamApp> {
  const spillDir = await tempFolder('audit-spill-');
  const { app, url } = await startLedgerApp(connectionUrl, {
    audit: { spillDir },
    monitoring: { signingKeyFile, ...others },
    rooms: [StreamsModule.forRoot({ streams, streamSecretsKey }), WatchModule.forRoot(watch), ...rooms],
    imports: [ScheduleModule.forRoot()],
  });
  return {
    app,
    url,
    runner: app.get(StreamRunner),
    close: () => app.close(),
  };
}

export async function addSealed({ url }: Pick<TestDatabase, 'url'>, events: number): Promise<number> {
  await withClient(url, (client) => addEvents(client, events));
  return eventually(async () => {
    const [row] = await runSql(
      url,
      `SELECT (SELECT coalesce(max(size), 0)::int FROM audit_checkpoint) AS size, EXISTS (SELECT FROM audit_unsequenced) AS waits`,
    );
    return row?.waits === false && Number(row.size) > 0 && Number(row.size);
  });
}

export async function passed({ url }: Pick<TestDatabase, 'url'>, stream: string): Promise<number> {
  return eventually(async () => {
    const [row] = await runSql(
      url,
      `SELECT looked::int, (SELECT max(size)::int FROM audit_checkpoint) AS size,
              cursor LIKE '%"frozen":%' OR EXISTS (SELECT FROM audit_unsequenced) AS waits
         FROM audit_stream WHERE name = $1`,
      [stream],
    );
    return row?.waits === false && row.looked === row.size && Number(row.size);
  });
}
