import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selectSystemUser } from '../../src/shop/database/embedded/system-user.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { makeFolder, pgbouncerProgram, startProgram } from './installed-servers.js';
import { runSql } from './sql.js';
import type { TestDatabase } from './test-database.js';

export interface Pooler {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export async function startPooler(database: TestDatabase, settings = ''): Promise<Pooler> {
  const folder = await makeFolder('audit-pgbouncer-');
  const port = await freePort();
  const { hostname, port: serverPort, username, password } = new URL(database.url);
  const server = `host=${hostname} port=${serverPort} dbname=${database.name} user=${username} password=${decodeURIComponent(password)}`;
  const file = join(folder, 'pgbouncer.ini');
  await writeFile(
    file,
    `[databases]\n${database.name} = ${server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =
auth_type = any\npool_mode = transaction\nserver_lifetime = 5\n${settings}\n`,
  );
  const end = await startProgram(String(pgbouncerProgram()), ['-q', file], await selectSystemUser(folder));
  const url = Object.assign(new URL(database.url), { port: String(port) }).href;
  await eventually(() => runSql(url, 'SELECT 1').catch(() => false));
  return { url, stop: () => end('SIGINT') };
}
