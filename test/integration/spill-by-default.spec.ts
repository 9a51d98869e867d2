import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditAggregator, AuditModule, AuditProvider } from '../../src/audit/index.js';
import { tempFolder } from '../support/temp-folder.js';

@AuditProvider({ backend: 'offline' })
class OfflineProvider implements AuditProvider {
  record(): Promise<void> {
    return Promise.reject(new Error('the store is stopped'));
  }
}

describe('an application that says nothing of a spill', () => {
  const { NODE_ENV: environment } = process.env;
  const workingDirectory = process.cwd();
  let folder: string;
  let app: INestApplicationContext | undefined;

  beforeEach(async () => {
    folder = await tempFolder('audit-cwd-');
    process.chdir(folder);
    process.env.NODE_ENV = 'development';
  });

  afterEach(async () => {
    await app?.close();
    app = undefined;
    process.env.NODE_ENV = environment;
    process.chdir(workingDirectory);
  });

  it('keeps what its provider could not take under the working directory', async () => {
    @Module({ imports: [AuditModule.forRoot()], providers: [OfflineProvider] })
    class Root {}
    app = await NestFactory.createApplicationContext(Root, { logger: false, abortOnError: false });

    const receipt = await app.get(AuditAggregator).record('user_login');

    expect(receipt.providers.offline?.status).toBe('spilled');
    const kept = (await readdir(join(folder, '.data/spill'))).filter((name) => !name.endsWith('.probe'));
    expect(kept).toEqual([expect.stringMatching(/^offline\..*\.jsonl$/)]);
    expect((await stat(join(folder, '.data/writer.key'))).mode & 0o777).toBe(0o600);
  });
});
