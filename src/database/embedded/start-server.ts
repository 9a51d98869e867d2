import type { Cluster } from './create-cluster.js';
import { EmbeddedDiskFullError, EmbeddedSettingInvalidError, EmbeddedStartFailedError } from './embedded.error.js';
import { tellsOfFullDisk } from './file-system.js';
import { runProgram } from './run-program.js';
import { prepareLog, readLogTail } from './server-log.js';

// On this machine only, over TCP only, so that every platform has the same server; UTC, so that no output of the
// server depends on the machine. Durability is PostgreSQL's default: on.
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  max_connections: '100',
};

// Recovery after a crash can take long; the server continues by itself and the next look finds it starting.
const PG_CTL_TIMEOUT_S = 60;

// Another application was faster; the port went to another process since it was free; the children of a killed server
// are still on their way out; another server is on its way up or down.
const PASSING =
  /file ".*postmaster\.pid" (?:already exists|is empty)|could not create any TCP\/IP sockets|pre-existing shared memory block/;

/** How an attempt ended: after `retry`, a second look may find another state. */
export type StartOutcome = 'started' | 'retry';

/**
 * Starts the server in a session of its own, where neither the terminal's Ctrl-C nor the end of this process reaches
 * it, and waits until it takes connections.
 *
 * @throws EmbeddedStartFailedError `EMBEDDED_START_FAILED`
 * @throws EmbeddedDiskFullError `EMBEDDED_DISK_FULL`
 */
export async function startServer(
  cluster: Cluster,
  port: number,
  settings: Readonly<Record<string, string>> | undefined,
): Promise<StartOutcome> {
  const serverArguments = writeServerArguments(port, settings);
  const offset = await prepareLog(cluster);
  const { code, output } = await runProgram(
    cluster.binaries.pgCtl,
    [
      ...['start', '--wait', '--silent', `--timeout=${PG_CTL_TIMEOUT_S}`],
      ...[`--pgdata=${cluster.data}`, `--log=${cluster.logFile}`, `--options=${serverArguments}`],
    ],
    cluster.user,
  );
  if (code === 0) return 'started';
  const tail = await readLogTail(cluster, offset);
  if (PASSING.test(`${tail}\n${output}`) || output.includes('did not start in time')) return 'retry';
  if (tellsOfFullDisk(tail)) throw EmbeddedDiskFullError.create(cluster.dir);
  const seen = output.split('\n', 1)[0] ?? '';
  throw EmbeddedStartFailedError.create(cluster.logFile, seen === '' ? 'the server ended at once' : seen, tail);
}

/**
 * The server's command line. pg_ctl hands it to a shell, so only plain characters pass.
 *
 * @throws EmbeddedSettingInvalidError `EMBEDDED_SETTING_INVALID`
 */
export function writeServerArguments(port: number, wished: Readonly<Record<string, string>> = {}): string {
  const settings = Object.entries({ ...SETTINGS, ...wished }).map(([name, value]) => {
    if (!/^\w[\w.]*$/.test(name) || !/^[\w.,:/*+ -]*$/.test(value)) {
      throw EmbeddedSettingInvalidError.create(name, value);
    }
    return `-c "${name}=${value}"`;
  });
  return ['-p', String(port), ...settings].join(' ');
}
