import type { AddressInfo, Server } from 'node:net';
import { Writable } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { readConfig } from '../../src/shop/config/index.js';
import { createApp } from '../../src/shop/create-app.js';
import { AppLogger } from '../../src/shop/logging/app-logger.js';
import { freshKeyFile } from './fresh-key-file.js';
import { TESTS_KEY } from './writers.js';
import { tempFolder } from './temp-folder.js';

export const ADMIN = { email: 'root@example.com', password: 'correct horse battery' } as const;

export interface ReferenceApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly spillDir: string;
  readonly logged: () => string;
  close(): Promise<void>;
}

/** `prepare` gets the application before the application listens. */
export async function startReferenceApp(
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
  prepare: (app: INestApplication) => unknown = () => undefined,
): Promise<ReferenceApp> {
  const spillDir = await tempFolder('audit-spill-');
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const config = readConfig({
    AUDIT_MAX_FAILURES_PER_MINUTE: '0', // all tests of a file come from one address
    AUDIT_ROW_CHANGES: 'false', // so that each request has the events of its operation alone
    AUDIT_ALERTS: 'false', // and no alert follows
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    AUDIT_SPILL_DIR: spillDir,
    AUDIT_WRITER_KEY: TESTS_KEY,
    AUDIT_SIGNING_KEY_FILE: freshKeyFile(),
    ...environment,
  });
  const app = await createApp(config, databaseUrl, new AppLogger('debug', sink));
  await prepare(app);
  await app.listen(0, '127.0.0.1').catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo; // Node's, listening on a port
  return { app, url: `http://127.0.0.1:${port}`, spillDir, logged: () => lines.join(''), close: () => app.close() };
}
