import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { StreamRunner, type MonitoringOptions, type StreamOptions } from '../../src/modules/monitoring/index.js';
import { eventually } from './eventually.js';
import { startLedgerApp } from './ledger-app.js';
import { addEvents } from './log-scene.js';
import { runSql, withClient } from './sql.js';
import type { TestDatabase } from './test-database.js';

/** An application that sends streams. */
export interface StreamApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly runner: StreamRunner;
  close(): Promise<void>;
}

/** Starts one on a database that others may share. */
export async function startStreamApp(
  { url: connectionUrl }: Pick<TestDatabase, 'url'>,
  signingKeyFile: string,
  streams: readonly StreamOptions[],
  others: Partial<MonitoringOptions> = {},
): Promise<StreamApp> {
  const spillDir = await mkdtemp(join(tmpdir(), 'audit-spill-'));
  const { app, url } = await startLedgerApp(connectionUrl, {
    audit: { spillDir },
    monitoring: { signingKeyFile, streams, ...others },
    imports: [ScheduleModule.forRoot()],
  });
  return {
    app,
    url,
    runner: app.get(StreamRunner),
    close: async () => {
      await app.close();
      await rm(spillDir, { recursive: true });
    },
  };
}

/** Adds events, and waits until they are sealed. Resolves with the number of sealed events. */
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

/** Waits until a stream has passed every sealed event. */
export async function passed({ url }: Pick<TestDatabase, 'url'>, stream: string): Promise<number> {
  return eventually(async () => {
    const [row] = await runSql(
      url,
      `SELECT looked::int, (SELECT max(size)::int FROM audit_checkpoint) AS size,
              place LIKE '%"frozen":%' OR EXISTS (SELECT FROM audit_unsequenced) AS waits
         FROM audit_stream WHERE name = $1`,
      [stream],
    );
    return row?.waits === false && row.looked === row.size && Number(row.size);
  });
}
