import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { selectSystemUser, runProgram } from '../../src/shop/database/embedded/system-user.js';
import { prepareApplicationDatabase } from '../../src/shop/database/embedded/start-embedded-postgres.js';
import { migrate } from '../../src/shop/database/migrate.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { makeFolder, postgresPrograms, startProgram } from './installed-servers.js';
import { runSql, withClient } from './sql.js';
import { makeLedgerRoles } from './make-ledger-roles.js';

export class ReplicatedServer {
  private end: ((signal: NodeJS.Signals) => Promise<void>) | undefined;

  constructor(
    readonly name: string,
    readonly data: string,
    public port: number,
  ) {}

  get url(): string {
    return `postgresql://app@127.0.0.1:${this.port}/app`;
  }

  get superuserUrl(): string {
    return `postgresql://postgres@127.0.0.1:${this.port}/app`;
  }

  /** Another `port` imitates an address that moves. */
  async start(port = this.port): Promise<void> {
    this.port = port;
    const settings = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: '',
      fsync: 'off',
      cluster_name: this.name, // by which it is known to the primary
      wal_retrieve_retry_interval: '200ms',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const user = await selectSystemUser(this.data);
    this.end = await startProgram(join(programs(), 'postgres'), ['-D', this.data, ...args], user);
    await eventually(() =>
      runSql(this.url.replace(/app$/, 'postgres').replace('app@', 'postgres@'), 'SELECT 1').catch(() => false),
    );
  }

  /** `SIGQUIT` acts like a crash: sessions end in their statements, and the server writes no last checkpoint. */
  async stop(signal: 'SIGINT' | 'SIGQUIT' = 'SIGQUIT'): Promise<void> {
    await this.end?.(signal);
    this.end = undefined;
  }

  async promote(): Promise<void> {
    await runSql(this.superuserUrl, 'SELECT pg_promote()');
    await this.configure({ synchronous_standby_names: '' });
    await eventually(
      async () => (await runSql(this.superuserUrl, 'SELECT pg_is_in_recovery() AS waits'))[0]?.waits === false,
    );
  }

  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    await withClient(this.superuserUrl, async (client) => {
      for (const [name, value] of Object.entries(settings)) {
        await client.query(`ALTER SYSTEM SET ${name} = ${client.escapeLiteral(value)}`);
      }
      await client.query('SELECT pg_reload_conf()');
    });
  }

  async waitingCommit(application: string): Promise<number | undefined> {
    const [row] = await runSql(
      this.superuserUrl,
      `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = $1`,
      [application],
    );
    return typeof row?.pid === 'number' ? row.pid : undefined;
  }

  /** An operator may cancel the wait when a session hangs. */
  async cancelWait(application: string): Promise<void> {
    const pid = await eventually(() => this.waitingCommit(application));
    await runSql(this.superuserUrl, 'SELECT pg_cancel_backend($1)', [pid]);
  }

  async isFollowedBy(name: string): Promise<boolean> {
    const [row] = await runSql(
      this.superuserUrl,
      'SELECT flush_lsn >= pg_current_wal_flush_lsn() AS has_all FROM pg_stat_replication WHERE application_name = $1',
      [name],
    );
    return row?.has_all === true;
  }
}

export class ReplicatedServers {
  private constructor(
    private readonly folder: string,
    readonly primary: ReplicatedServer,
    private readonly run: (program: string, args: readonly string[]) => Promise<void>,
  ) {}

  private readonly replicas: ReplicatedServer[] = [];

  static async open(): Promise<ReplicatedServers> {
    const folder = await makeFolder('audit-replicated-');
    const data = join(folder, 'primary');
    const user = await selectSystemUser(data);
    const run = async (program: string, args: readonly string[]): Promise<void> => {
      const { code, output } = await runProgram(join(programs(), program), args, user);
      if (code !== 0) throw new Error(`${program} ended with ${code}: ${output}`);
    };
    const made = ['-D', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
    await run('initdb', made);
    await appendFile(join(data, 'postgresql.conf'), 'shared_buffers = 16MB\nmax_wal_size = 256MB\n');
    const primary = new ReplicatedServer('primary', data, await freePort());
    await primary.start();
    const client = new pg.Client({ connectionString: primary.superuserUrl.replace(/app$/, 'postgres') });
    await client.connect();
    await prepareApplicationDatabase(client, 'app');
    await client.end();
    await makeLedgerRoles(primary.superuserUrl, primary.url);
    await migrate(primary.url);
    return new ReplicatedServers(folder, primary, run);
  }

  async addReplica(name: string): Promise<ReplicatedServer> {
    const data = join(this.folder, name);
    const source = `host=127.0.0.1 port=${this.primary.port} user=postgres application_name=${name}`;
    await this.run('pg_basebackup', ['-D', data, '-d', source, '-X', 'stream', '-c', 'fast', '--no-sync']);
    await writeFile(join(data, 'standby.signal'), '');
    await appendFile(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`);
    const replica = new ReplicatedServer(name, data, await freePort());
    this.replicas.push(replica);
    await replica.start();
    await eventually(() => this.primary.isFollowedBy(name));
    return replica;
  }

  async waitForAny(...names: readonly string[]): Promise<void> {
    await this.primary.configure({
      synchronous_standby_names: names.length === 0 ? '' : `ANY 1 (${names.join(', ')})`,
    });
    await eventually(async () => {
      const states = await runSql(this.primary.superuserUrl, 'SELECT FROM pg_stat_replication WHERE sync_state = $1', [
        'quorum',
      ]);
      return states.length === names.length;
    });
  }

  async remove(): Promise<void> {
    for (const server of [...this.replicas, this.primary]) await server.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function programs(): string {
  const found = postgresPrograms();
  if (found === undefined) throw new Error('No PostgreSQL is installed: run scripts/install-test-servers.sh.');
  return found;
}
