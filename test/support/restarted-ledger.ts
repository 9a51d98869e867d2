import { afterEach, beforeEach } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { AuditAggregator, assessHealth, type AuditReceipt } from '../../src/audit/index.js';
import type { MonitoringOptions } from '../../src/monitoring/index.js';
import { ApiClient } from './api-client.js';
import { freshKeyFile } from './fresh-key-file.js';
import type { ListeningApp } from './http-app.js';
import { startLedgerApp } from './ledger-app.js';
import { addEvents } from './log-scene.js';
import { runCommand } from './run-command.js';
import { settled } from './settled.js';
import { withClient } from './sql.js';
import { tempFolder } from './temp-folder.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { TESTS_KEY } from './writers.js';

/** A ledger with a key file, and the application that uses both until it is stopped: in each test another one. */
export class RestartedLedger {
  database!: TestDatabase;
  keyFile!: string;
  private running: ListeningApp | undefined;
  private lines: string[] = [];

  static inEachTest(): RestartedLedger {
    const ledger = new RestartedLedger();
    beforeEach(async () => {
      ledger.database = await createTestDatabase();
      ledger.keyFile = freshKeyFile();
    });
    afterEach(async () => {
      await ledger.stop();
      await ledger.database.drop();
    });
    return ledger;
  }

  async start(monitoring: Partial<MonitoringOptions> = {}, at = this.database): Promise<void> {
    const lines: string[] = [];
    const add = (line: unknown): void => void lines.push(String(line));
    this.lines = lines;
    this.running = await startLedgerApp(at.url, {
      logger: { log: add, warn: add, error: add },
      audit: { writerKey: TESTS_KEY, spillDir: await tempFolder('audit-spill-') }, // which production requires
      monitoring: { signingKeyFile: this.keyFile, ...monitoring },
    });
  }

  async stop(): Promise<void> {
    await this.running?.app.close();
    this.running = undefined;
  }

  get app(): INestApplication {
    if (!this.running) throw new Error('Start the application first.');
    return this.running.app;
  }

  get client(): ApiClient {
    return new ApiClient(this.running?.url ?? '');
  }

  logged(): string {
    return this.lines.join('\n');
  }

  record(name: string): Promise<AuditReceipt> {
    return this.app.get(AuditAggregator).record(name);
  }

  /** The state and the problems, as a health route of the application shows them. */
  async health(): Promise<{ readonly state: string; readonly error: string; readonly store: Store }> {
    const audit = this.app.get(AuditAggregator);
    const providers = await audit.health();
    const { error = '', store = {} } = providers.database ?? {};
    return { state: assessHealth(providers, audit.spill()).state, error, store: store as Store };
  }

  async seal(count = 5, at = this.database): Promise<number> {
    await withClient(at.url, (client) => addEvents(client, count));
    return settled(at);
  }

  async command(args: readonly string[], at = this.database, environment: Readonly<Record<string, string>> = {}) {
    const own = { AUDIT_WRITER_KEY: TESTS_KEY, DATABASE_URL: at.url, AUDIT_SIGNING_KEY_FILE: this.keyFile };
    const env = { ...process.env, ...own, ...environment };
    const { code, output, errors } = await runCommand(args, { cwd: '.', env });
    return { code, output: output + errors };
  }
}

type Store = Readonly<Record<string, Readonly<Record<string, number | string | null>> | undefined>>;
