import 'reflect-metadata';
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { readConfig, type AppConfig } from './config/index.js';
import { createApp } from './create-app.js';
import { openDatabase } from './database/index.js';
import { simulateWeek } from './demonstration/simulate-week.js';
import { AppLogger } from './logging/app-logger.js';

type Cleanup = () => Promise<void>;

/** `npm start` gives the argument. An empty shop then has events to look at. */
const isDemonstration = process.argv.includes('--demonstration') && process.env.NODE_ENV !== 'production';

function main(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const config = readConfigOrExit();
  const logger = new AppLogger(config.LOG_LEVEL);
  const undo: Cleanup[] = [];
  const started = start(config, logger, undo);
  stopOnSignals(started, undo, logger);
  started.catch(async (error: unknown) => {
    const isExplained = error instanceof Error && /^Cannot [^]+\. [A-Z]/.test(error.message);
    logger.fatal(isExplained ? error.message : error, 'Application'); // an explained error is logged without its stack, which would hide the advice in the message
    await runCleanup(undo).catch((failure: unknown) => logger.error(failure, 'Application'));
    process.exit(1);
  });
}

function readConfigOrExit(): AppConfig {
  try {
    return readConfig(isDemonstration ? { TRUST_PROXY: 'loopback', ...process.env } : process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

async function start(config: AppConfig, logger: AppLogger, undo: Cleanup[]): Promise<void> {
  const database = await openDatabase(config, (message) => logger.log(message, 'Database'));
  undo.push(() => database.close());
  const app = await createApp(config, database.url, logger, database);
  undo.push(() => {
    const server = app.getHttpServer() as Server; // Express and Fastify both run on Node's server
    server.keepAliveTimeout = 1; // else the stop waits for the connection of each request that it finishes
    return app.close();
  });
  await app.listen(config.PORT, config.HOST);
  const url = await app.getUrl();
  if (isDemonstration && config.MONITORING_ENABLED && database.admin) await simulateWeek(app, url, database.admin.url);
  const viewer = config.MONITORING_ENABLED ? `, audit viewer at ${url}/audit/ui` : '';
  logger.log(`Listening on ${url} (${config.HTTP_ADAPTER}): API description at ${url}/docs${viewer}`, 'Application');
}

function stopOnSignals(started: Promise<void>, undo: Cleanup[], logger: AppLogger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.log(`Stopping on ${signal}: finishing requests, writing accepted events`, 'Application');
    started
      .then(() => runCleanup(undo))
      .then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error(error, 'Application');
          process.exit(1);
        },
      );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

async function runCleanup(undo: Cleanup[]): Promise<void> {
  const errors: unknown[] = [];
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
    await step().catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
}

main();
