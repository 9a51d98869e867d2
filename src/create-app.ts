import type { Server } from 'node:http';
import { ValidationPipe, type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule, type LedgerAddresses } from './app.module.js';
import { describeApi } from './api-description/describe-api.js';
import type { AppConfig } from './config/index.js';
import { OpenDataSources } from './database/index.js';
import type { AppLogger } from './logging/app-logger.js';
import { StorableInputPipe } from './http-input/storable-input.pipe.js';
import { logRequests } from './logging/log-requests.js';

/** Makes the application on the configured web framework, without listening yet. */
export async function createApp(
  config: AppConfig,
  databaseUrl: string,
  logger: AppLogger,
  ledger: LedgerAddresses = {},
): Promise<INestApplication> {
  const sources = new OpenDataSources();
  const module = AppModule.forRoot(config, databaseUrl, ledger, sources);
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

async function onExpress(module: DynamicModule, config: AppConfig, logger: AppLogger): Promise<INestApplication> {
  // A client that keeps its connection busy would keep the server, which only closes idle ones, from ever closing.
  const options = { logger, abortOnError: false, return503OnClosing: true };
  const app = await NestFactory.create<NestExpressApplication>(module, options);
  app.disable('x-powered-by');
  app.set('trust proxy', trustedProxies(config.TRUST_PROXY));
  return app;
}

/** Fastify is loaded only where it is asked for. */
async function onFastify(module: DynamicModule, config: AppConfig, logger: AppLogger): Promise<INestApplication> {
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  const adapter = new FastifyAdapter({ trustProxy: trustedProxies(config.TRUST_PROXY) });
  return NestFactory.create(module, adapter, { logger, abortOnError: false });
}

/** A number of hops, or a list of addresses, as both frameworks take it: Fastify's types want the number as a function. */
function trustedProxies(value = '0'): string | ((address: string, hop: number) => boolean) {
  return /^\d+$/.test(value) ? (_address, hop) => hop < Number(value) : value;
}
