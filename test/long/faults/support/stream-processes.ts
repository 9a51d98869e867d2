import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startAppProcess, type AppProcess } from '../../../support/app-process.js';
import { addEvents, eventually, freshKeyFile, settled, tempFolder, withClient } from '../../../support/index.js';
import { createTestDatabase, type TestDatabase } from '../../../support/test-database.js';
import { startWebhookReceiver, type WebhookReceiver } from '../../../support/webhook-receiver.js';

const SCRIPT = 'test/long/faults/support/load-application.mjs';

/** Instances of an application, each a process, whose stream `siem` sends to one receiver. */
export class StreamProcesses {
  private readonly running = new Set<AppProcess>();
  private readonly keyFile = resolve(freshKeyFile());
  private started = 0;

  private constructor(
    readonly database: TestDatabase,
    readonly receiver: WebhookReceiver,
    private readonly folder: string,
  ) {}

  static async open(maxEvents: number): Promise<StreamProcesses> {
    const database = await createTestDatabase();
    const folder = await tempFolder('audit-streams-');
    const receiver = await startWebhookReceiver();
    const stream = { name: 'siem', destination: receiver.destination, personal: 'include', batch: { maxEvents } };
    await writeFile(join(folder, 'streams.json'), JSON.stringify([stream]));
    return new StreamProcesses(database, receiver, folder);
  }

  async close(): Promise<void> {
    for (const app of this.running) await app.end('SIGKILL');
    await this.receiver.close();
    await this.database.drop();
  }

  async start(): Promise<AppProcess> {
    const name = `instance-${++this.started}`;
    const environment = {
      SPILL_KEY: 'a key of the tests that has 32 characters or more',
      STREAMS_FILE: join(this.folder, 'streams.json'),
      SIGNING_KEY_FILE: this.keyFile,
      DATABASE_URL: `${this.database.url}?application_name=${name}`,
      SPILL_DIR: join(this.folder, name),
    };
    const app = await startAppProcess(this.folder, environment, SCRIPT);
    this.running.add(app);
    return app;
  }

  async endSessions(): Promise<void> {
    await this.database.superuserSql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'instance-%'`);
  }

  async kill(app: AppProcess): Promise<void> {
    this.running.delete(app);
    await app.end('SIGKILL');
  }

  async add(events: number): Promise<void> {
    await withClient(this.database.url, (client) => addEvents(client, events));
  }

  async sealedAndSent(): Promise<number> {
    return eventually(async () => {
      const size = await settled(this.database);
      const [row] = await this.database.sql(`SELECT position::int FROM audit_consumer WHERE name = 'siem'`);
      return row?.position === size && size > 0 && size;
    });
  }
}
