import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { command } from '../../src/cli/commands/consumers.command.js';
import { LOCK_CLASSES } from '../../src/monitoring/store/locks.js';
import { startAppProcess, type AppProcess } from './app-process.js';
import { eventually } from './eventually.js';
import { freshKeyFile } from './fresh-key-file.js';
import { addEvents } from './log-scene.js';
import { settled } from './settled.js';
import { withClient } from './sql.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.js';
import { tempFolder } from './temp-folder.js';

const LEADER = `
  SELECT a.application_name AS name, a.pid AS session FROM pg_locks l JOIN pg_stat_activity a USING (pid)
   WHERE l.locktype = 'advisory' AND l.granted AND l.classid = ${LOCK_CLASSES.consumers} AND a.datname = current_database()`;

const SCRIPT = 'test/long/faults/support/load-application.mjs';

export interface StreamOfProcesses {
  readonly maxEvents?: number;
  readonly keepsEvents?: boolean;
}

/** `session` is the process ID of the instance's database session. */
interface InstanceSession {
  readonly app: AppProcess;
  readonly session: number;
}

export class StreamProcesses {
  private readonly running = new Map<AppProcess, string>();
  private started = 0;

  private constructor(
    readonly database: TestDatabase,
    readonly receiver: WebhookReceiver,
    private readonly folder: string,
    private readonly environment: Readonly<Record<'SIGNING_KEY_FILE', string>> & Readonly<Record<string, string>>,
  ) {}

  static async open({ maxEvents = 50, ...options }: StreamOfProcesses = {}): Promise<StreamProcesses> {
    const database = await createTestDatabase();
    const folder = await tempFolder('audit-streams-');
    const receiver = await startWebhookReceiver();
    const stream = {
      name: 'siem',
      destination: receiver.destination,
      personal: 'include',
      batch: { maxEvents },
      ...options,
    };
    await writeFile(join(folder, 'streams.json'), JSON.stringify([stream]));
    return new StreamProcesses(database, receiver, folder, {
      SPILL_KEY: 'a key of the tests that has 32 characters or more',
      STREAMS_FILE: join(folder, 'streams.json'),
      SIGNING_KEY_FILE: resolve(freshKeyFile()),
    });
  }

  get keyFile(): string {
    return this.environment.SIGNING_KEY_FILE;
  }

  async command(...args: readonly string[]): Promise<unknown> {
    const call = [...args, '--json', '--database-url', this.database.url];
    const { exitCode, output = '' } = await command.run(call, { AUDIT_SIGNING_KEY_FILE: this.keyFile });
    if (exitCode !== 0) throw new Error(`consumers ${args.join(' ')} ended with ${exitCode}: ${output}`);
    return JSON.parse(output);
  }

  async close(): Promise<void> {
    for (const app of this.running.keys()) await app.end('SIGKILL');
    await this.receiver.close();
    await this.database.drop();
  }

  async start(): Promise<AppProcess> {
    this.started += 1;
    const name = `instance-${this.started}`;
    const facts = { DATABASE_URL: `${this.database.url}?application_name=${name}`, SPILL_DIR: join(this.folder, name) };
    const app = await startAppProcess(this.folder, { ...this.environment, ...facts }, SCRIPT);
    this.running.set(app, name);
    return app;
  }

  async leader(): Promise<InstanceSession | undefined> {
    return this.instanceThat(LEADER);
  }

  /** The query must select `name`, the application's name, and `session`, the session's process ID. */
  async instanceThat(query: string): Promise<InstanceSession | undefined> {
    const [row] = await this.database.superuserSql(query);
    const [app] = [...this.running].find(([, name]) => name === row?.name) ?? [];
    return app && { app, session: Number(row?.session) };
  }

  async endSessions(session?: number): Promise<void> {
    const ended = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'instance-%' AND pid = coalesce($1, pid)`;
    await this.database.superuserSql(ended, [session]);
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
