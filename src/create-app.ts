import type { Server } from 'node:http';
import { ValidationPipe, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { describeApi } from './api-description/describe-api.js';
import type { AppConfig } from './config/index.js';
import { OpenDataSources } from './database/index.js';
import type { AppLogger } from './logging/app-logger.js';
import { StorableInputPipe } from './http-input/storable-input.pipe.js';
import { logRequests } from './logging/log-requests.js';

/** Where the ledger is, if not where the environment says. */
export interface LedgerAddresses {
  readonly ledgerUrl?: string;
  readonly sequencerUrl?: string;
  /** The file with the key that signs who changes rows, if not the variable's. */
  readonly contextKeyFile?: string;
}

/**
 * Makes the application on the configured web framework, without listening yet.
 *
 * @param ledger where the ledger is, and its sequencer's login, if neither variables nor `databaseUrl` lead there
 */
export async function createApp(
  config: AppConfig,
  databaseUrl: string,
  logger: AppLogger,
  ledger: LedgerAddresses = {},
): Promise<INestApplication> {
  const sources = new OpenDataSources();
  const { ledgerUrl, sequencerUrl, contextKeyFile } = ledger;
  const module = AppModule.forRoot(config, databaseUrl, ledgerUrl, sequencerUrl, sources, contextKeyFile);
  const making =
    config.HTTP_ADAPTER === 'fastify' ? onFastify(module, config, logger) : onExpress(module, config, logger);
  const app = await making.catch(async (error: unknown) => {
    await sources.close(); // Nest closes none of an application that it did not make; an embedded server would stay for them
    throw error;
  });
  try {
    app.useGlobalPipes(
      new StorableInputPipe(),
      new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
    );
    logRequests(app, logger);
    await describeApi(app);
    keepConnections(app);
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

/**
 * Longer than a load balancer in front keeps an idle connection (AWS and nginx: 60 s): one that the application closed first would take a
 * request with it, which its client sees as 502.
 */
const KEEP_ALIVE_MS = 90_000;

function keepConnections(app: INestApplication): void {
  const server = app.getHttpServer() as Server; // Node's, of both frameworks
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 1_000; // Node counts it from the last response
}

type RootModule = ReturnType<typeof AppModule.forRoot>;

async function onExpress(module: RootModule, config: AppConfig, logger: AppLogger): Promise<INestApplication> {
  // A client that keeps its connection busy would keep the server, which only closes idle ones, from ever closing.
  const options = { logger, abortOnError: false, return503OnClosing: true };
  const app = await NestFactory.create<NestExpressApplication>(module, options);
  app.disable('x-powered-by');
  if (config.TRUST_PROXY !== undefined) app.set('trust proxy', trustedByExpress(config.TRUST_PROXY));
  return app;
}

/** Fastify is loaded only where it is asked for. */
async function onFastify(module: RootModule, config: AppConfig, logger: AppLogger): Promise<INestApplication> {
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  const adapter = new FastifyAdapter({ trustProxy: trustedByFastify(config.TRUST_PROXY) });
  return NestFactory.create(module, adapter, { logger, abortOnError: false });
}

/** Express takes a number of hops, or a list of addresses. */
function trustedByExpress(value: string): number | string {
  return isHops(value) ? Number(value) : value;
}

/** Fastify's types want the number of hops as a function. */
function trustedByFastify(value: string | undefined): boolean | string | ((address: string, hop: number) => boolean) {
  if (value === undefined) return false;
  return isHops(value) ? (_address, hop) => hop < Number(value) : value;
}

function isHops(value: string): boolean {
  return /^\d+$/.test(value);
}
