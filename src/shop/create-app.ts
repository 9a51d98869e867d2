import { ValidationPipe, type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule, describeApi, type LedgerAddresses } from './app.module.js';
import type { AppConfig } from './config/index.js';
import type { AppLogger } from './logging/app-logger.js';

/** Makes the application on the configured web framework. The application does not listen yet. */
export async function createApp(
  config: AppConfig,
  databaseUrl: string,
  logger: AppLogger,
  ledger: LedgerAddresses = {},
): Promise<INestApplication> {
  const make = config.HTTP_ADAPTER === 'fastify' ? onFastify : onExpress;
  const app = await make(AppModule.forRoot(config, databaseUrl, ledger), config, logger);
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
  describeApi(app);
  const toViewer = (_: unknown, response: { redirect(to: string): unknown }) => response.redirect('audit/ui');
  if (config.MONITORING_ENABLED) app.getHttpAdapter().get('/', toViewer);
  return app;
}

async function onExpress(module: DynamicModule, config: AppConfig, logger: AppLogger): Promise<INestApplication> {
  // A shutdown closes only idle connections. Without return503OnClosing, a client with a busy connection could therefore block the shutdown.
  const options = { logger, abortOnError: false, return503OnClosing: true };
  const app = await NestFactory.create<NestExpressApplication>(module, options);
  app.disable('x-powered-by');
  app.set('trust proxy', parseTrustedProxies(config.TRUST_PROXY));
  return app;
}

async function onFastify(module: DynamicModule, config: AppConfig, logger: AppLogger): Promise<INestApplication> {
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  const adapter = new FastifyAdapter({ trustProxy: parseTrustedProxies(config.TRUST_PROXY) });
  return NestFactory.create(module, adapter, { logger, abortOnError: false });
}

/** Fastify's types require a function for a number of hops. */
function parseTrustedProxies(value = '0'): string | ((address: string, hop: number) => boolean) {
  return /^\d+$/.test(value) ? (_address, hop) => hop < Number(value) : value;
}
