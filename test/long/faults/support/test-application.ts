import { startAppProcess, type AppProcess } from '../../../support/app-process.js';
import { createTestDatabase, tempFolder, type TestDatabase, withClient } from '../../../support/index.js';
import { settled } from '../../../support/settled.js';
import { LOAD_APPLICATION } from './applications.js';
import { findUnsound, type ProvidersHealth } from './audit-health.js';
import { STORED_EVENTS } from '../../../support/stored-events.js';
import { numberedRequestId } from '../../../support/request-ids.js';

export class TestApplication {
  private process: AppProcess | undefined;

  private constructor(
    readonly database: TestDatabase,
    readonly spillDir: string,
  ) {}

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<TestApplication> {
    const spillDir = await tempFolder('audit-spill-');
    const application = new TestApplication(await createTestDatabase(), spillDir);
    await application.startAgain(environment);
    return application;
  }

  get app(): AppProcess {
    if (this.process === undefined) throw new Error('Cannot ask the application: it was never started. Start it.');
    return this.process;
  }

  async startAgain(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const { script, environment: buildEnvironment } = LOAD_APPLICATION;
    const facts = { ...buildEnvironment(this.database.url, this.spillDir), ...environment };
    this.process = await startAppProcess(this.spillDir, facts, script);
  }

  async send(path: string, requestIds: readonly string[]): Promise<readonly number[]> {
    const statuses: number[] = [];
    for (const id of requestIds) {
      const headers = { 'x-request-id': id };
      statuses.push((await fetch(this.app.url + path, { method: 'POST', headers })).status);
    }
    return statuses;
  }

  async health(): Promise<ProvidersHealth> {
    return (await (await fetch(`${this.app.url}/health`)).json()) as ProvidersHealth; // as its route returns it
  }

  async isSound(): Promise<boolean> {
    return findUnsound(await this.health()).length === 0;
  }

  /** Of sealed events, and of those in the inbox. */
  storedRequestIds(): Promise<readonly unknown[]> {
    return this.readRequestIds(STORED_EVENTS);
  }

  /** Of sealed events, when nothing waits any more. */
  async sealedRequestIds(): Promise<readonly unknown[]> {
    await settled(this.database);
    return this.readRequestIds('audit_event');
  }

  async whileLedgerIsLocked(work: () => Promise<void>): Promise<void> {
    await withClient(this.database.superuserUrl, async (client) => {
      await client.query('BEGIN');
      await client.query('LOCK TABLE audit_inbox IN ACCESS EXCLUSIVE MODE');
      await work();
      await client.query('COMMIT');
    });
  }

  /** A connection limit of 0 does not hold for superusers. */
  async shutDatabase(): Promise<void> {
    await this.database.superuserSql(`ALTER DATABASE ${this.database.name} CONNECTION LIMIT 0`);
    await this.database.superuserSql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename = 'app'`,
      [this.database.name],
    );
  }

  async openDatabase(): Promise<void> {
    await this.database.superuserSql(`ALTER DATABASE ${this.database.name} CONNECTION LIMIT -1`);
  }

  private async readRequestIds(events: string): Promise<readonly unknown[]> {
    const select = `SELECT request_id FROM ${events} WHERE request_id IS NOT NULL ORDER BY request_id`;
    return (await this.database.superuserSql(select)).map(({ request_id: id }) => id);
  }

  async remove(): Promise<void> {
    const child = this.process?.child;
    if (child?.exitCode === null && child.signalCode === null) await this.app.end('SIGKILL');
    await this.database.drop();
  }
}

export function requestIds(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => numberedRequestId(prefix, index));
}
