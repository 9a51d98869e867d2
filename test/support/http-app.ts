import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication, Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { WHOLE } from './whole.js';

export const ADAPTERS = ['express', 'fastify'] as const;
export type Adapter = (typeof ADAPTERS)[number];

/** For specs that hardly depend on the framework. */
export const MAIN_ADAPTERS: readonly Adapter[] = WHOLE ? ADAPTERS : ['express'];

export interface ListeningApp {
  readonly app: INestApplication;
  readonly url: string;
}

export async function listen(
  module: Type,
  adapter: Adapter,
  prepare: (app: INestApplication) => unknown = () => undefined,
): Promise<ListeningApp> {
  const testing = await Test.createTestingModule({ imports: [module] }).compile();
  const app =
    adapter === 'fastify'
      ? testing.createNestApplication(new FastifyAdapter(), { logger: false })
      : testing.createNestApplication({ logger: false });
  await prepare(app);
  await app.listen(0, '127.0.0.1').catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  const server = app.getHttpServer() as Server; // Node's, listening on a port
  server.keepAliveTimeout = 90_000; // a busy client may send on a connection that the server closes meanwhile
  const { port } = server.address() as AddressInfo;
  return { app, url: `http://127.0.0.1:${port}` };
}
