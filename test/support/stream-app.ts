import type { DynamicModule, INestApplication } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { MonitoringOptions } from '../../src/monitoring/index.js';
import { StreamsModule, type StreamOptions } from '../../src/extensions/streams/index.js';
import { LogConsumers } from '../../src/monitoring/consumers/log-consumers.service.js';
import { AlertsModule, type AlertsOptions } from '../../src/extensions/alerts/index.js';
import { eventually } from './eventually.js';
import { startLedgerApp } from './ledger-app.js';
import { addEvents } from './log-scene.js';
import { settled } from './settled.js';
import { withClient } from './sql.js';
import type { TestDatabase } from './test-database.js';
import { tempFolder } from './temp-folder.js';

export interface StreamApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly consumers: LogConsumers;
  close(): Promise<void>;
}

/** Without `alerts`, no rules run. */
interface StreamAppOptions extends Partial<MonitoringOptions> {
  readonly alerts?: AlertsOptions;
  readonly extensions?: readonly DynamicModule[];
}

export async function startStreamApp(
  { url: connectionUrl }: Pick<TestDatabase, 'url'>,
  signingKeyFile: string,
  streams: readonly StreamOptions[],
  { alerts = { shipped: false }, extensions = [], ...others }: StreamAppOptions = {},
): Promise<StreamApp> {
  const spillDir = await tempFolder('audit-spill-');
  const { app, url } = await startLedgerApp(connectionUrl, {
    audit: { spillDir },
    monitoring: { signingKeyFile, ...others },
    extensions: [StreamsModule.forRoot({ streams }), AlertsModule.forRoot(alerts), ...extensions],
    imports: [ScheduleModule.forRoot()],
  });
  return {
    app,
    url,
    consumers: app.get(LogConsumers),
    close: () => app.close(),
  };
}

export async function addSealed(database: Pick<TestDatabase, 'url' | 'sql'>, events: number): Promise<number> {
  await withClient(database.url, (client) => addEvents(client, events));
  return settled(database);
}

export async function passed(database: Pick<TestDatabase, 'sql'>, stream: string): Promise<number> {
  return eventually(async () => {
    const size = await settled(database);
    const [row] = await database.sql(
      `SELECT position::int, note LIKE '%"frozen":%' AS is_frozen FROM audit_consumer WHERE name = $1`,
      [stream],
    );
    return row?.is_frozen === false && row.position === size && size;
  });
}
