import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startAppProcess, type AppProcess } from './app-process.js';
import { eventually } from './eventually.js';
import { freshKeyFile } from './fresh-key-file.js';
import { addEvents } from './log-scene.js';
import { runSql, withClient } from './sql.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.js';

/** Instances of the reference application, each a process, that send one stream to a webhook. */
export class StreamProcesses {
  private readonly running = new Set<AppProcess>();
  private started = 0;

  private constructor(
    readonly database: TestDatabase,
    readonly receiver: WebhookReceiver,
    private readonly folder: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** Makes the database and the receiver; no instance runs. */
  static async open(): Promise<StreamProcesses> {
    const database = await createTestDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'audit-streams-'));
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const receiver = await startWebhookReceiver(secret);
    const streams = [
      {
        name: 'siem',
        destination: { type: 'webhook', url: receiver.url, secrets: [secret], allowPrivateAddresses: true },
        personal: 'include',
        batch: { maxEvents: 50 },
      },
    ];
    await writeFile(join(folder, 'streams.json'), JSON.stringify(streams));
    return new StreamProcesses(database, receiver, folder, {
      DATABASE_URL: database.url,
      AUDIT_STREAMS_FILE: join(folder, 'streams.json'),
      AUDIT_SIGNING_KEY_FILE: resolve(freshKeyFile()),
      AUDIT_ROW_CHANGES: 'false',
    });
  }

  async close(): Promise<void> {
    for (const app of this.running) await app.end('SIGKILL');
    await this.receiver.close();
    await rm(this.folder, { recursive: true });
    await this.database.drop();
  }

  async start(): Promise<AppProcess> {
    this.started += 1;
    const AUDIT_SPILL_DIR = join(this.folder, `spill-${this.started}`);
    const app = await startAppProcess(this.folder, { ...this.environment, AUDIT_SPILL_DIR });
    this.running.add(app);
    return app;
  }

  async kill(app: AppProcess): Promise<void> {
    this.running.delete(app);
    await app.end('SIGKILL');
  }

  async add(events: number): Promise<void> {
    await withClient(this.database.url, (client) => addEvents(client, events));
  }

  /** Waits until everything that is stored is sealed and at the receiver. Resolves with the number of sealed events. */
  async sealedAndSent(): Promise<number> {
    return eventually(async () => {
      const [row] = await runSql(
        this.database.url,
        `SELECT (SELECT count(*)::int FROM audit_leaf) AS sealed, (SELECT count(*)::int FROM audit_unsequenced) AS waiting,
                (SELECT looked::int FROM audit_stream WHERE name = 'siem') AS looked`,
      );
      return row?.waiting === 0 && row.looked === row.sealed && Number(row.sealed) > 0 && Number(row.sealed);
    });
  }
}
