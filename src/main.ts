import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { readConfig, type AppConfig } from './config/index.js';
import { createApp } from './create-app.js';
import { openDatabase } from './database/index.js';
import { AppLogger } from './logging/app-logger.js';

/** What undoes a step of the start. */
type Undo = () => Promise<void>;

function main(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const config = configOrExit();
  const logger = new AppLogger(config.LOG_LEVEL);
  const undo: Undo[] = [];
  const started = start(config, logger, undo);
  stopOnSignals(started, undo, logger);
  started.catch(async (error: unknown) => {
    logger.fatal(isExplained(error) ? error.message : error, 'Application');
    await undoAll(undo).catch((failure: unknown) => logger.error(failure, 'Application'));
    process.exit(1);
  });
}

function configOrExit(): AppConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/** Starts in order, and notes how to undo each step. */
async function start(config: AppConfig, logger: AppLogger, undo: Undo[]): Promise<void> {
  const database = await openDatabase(config, (message) => logger.log(message, 'Database'));
  undo.push(() => database.close());
  const app = await createApp(config, database.url, logger, database);
  undo.push(() => app.close());
  await app.listen(config.PORT, config.HOST).catch((error: unknown) => {
    throw explainListenError(error, config.PORT, config.HOST);
  });
  const url = await app.getUrl();
  const viewer = config.MONITORING_ENABLED ? `, audit viewer at ${url}/audit/ui` : '';
  logger.log(`Listening on ${url} (${config.HTTP_ADAPTER}): API description at ${url}/docs${viewer}`, 'Application');
}

/** Whether the message says what to do: a stack would only hide it. */
function isExplained(error: unknown): error is Error {
  return error instanceof Error && /^Cannot [^]+\. [A-Z]/.test(error.message);
}

/** The first signal stops gracefully, also in the middle of the start; a second one at once. */
function stopOnSignals(started: Promise<void>, undo: Undo[], logger: AppLogger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.log(`Stopping on ${signal}: finishing requests, writing what was accepted`, 'Application');
    started
      .then(() => undoAll(undo))
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

/** Undoes every step, also after one that fails. Rejects with the first error. */
async function undoAll(undo: Undo[]): Promise<void> {
  const errors: unknown[] = [];
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
    await step().catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
}

main();

/** Says in words what keeps the HTTP server from listening. */
function explainListenError(error: unknown, port: number, host: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new Error(`Cannot listen on port ${port}: another process does. Stop it, or set PORT to a free port.`, {
      cause: error,
    });
  }
  if (code === 'EACCES') {
    return new Error(`Cannot listen on port ${port}: this user may not. Set PORT to a port above 1023.`, {
      cause: error,
    });
  }
  if (code === 'EADDRNOTAVAIL') {
    return new Error(`Cannot listen on ${host}: it is not an address of this machine. Correct HOST.`, { cause: error });
  }
  return error;
}
