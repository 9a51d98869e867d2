import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { SpillFolder } from '../../src/audit/delivery/spill/spill-folder.js';
import { AuditAggregator, AuditModule, AuditProvider, judgeHealth } from '../../src/audit/index.js';
import { InMemoryAuditProvider } from '../../src/audit/testing/index.js';
import { eventually, tempFolder } from '../support/index.js';
import { eventsOf, SPILL_KEY, SPILL_KEYS } from '../support/spilled.js';

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

class KeptLog extends ConsoleLogger {
  readonly warnings: string[] = [];
  override log(): void {
    // The boot's lines do not matter here.
  }
  override warn(message: unknown): void {
    this.warnings.push(String(message));
  }
}

it('events in the spill for a provider that no module has any more are named at the boot and by the health', async () => {
  const spillDir = await tempFolder('audit-spill-');
  const spill = new SpillFolder(spillDir, { maxBytes: 1e9, keys: SPILL_KEYS });
  for (const backend of ['siem', 'memory']) await spill.append(backend, eventsOf(2));
  await spill.close();

  @Module({
    imports: [AuditModule.forRoot({ spillDir, writerKey: SPILL_KEY })],
    providers: [InMemoryAuditProvider],
  })
  class RenamedModule {}
  const log = new KeptLog();
  const app = (
    await Test.createTestingModule({ imports: [RenamedModule] })
      .setLogger(log)
      .compile()
  ).createNestApplication();
  await app.init();
  try {
    const audit = app.get(AuditAggregator);
    await eventually(async () => (await audit.health()).memory?.spillPending === false);
    const named = expect.stringContaining('wait for the audit provider "siem"');
    expect(log.warnings).toEqual([named]);
    expect(judgeHealth(await audit.health(), audit.spill())).toEqual({ state: 'degraded', reasons: [named] });
  } finally {
    await app.close();
  }
});
