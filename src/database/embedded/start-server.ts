import type { Cluster } from './cluster.types.js';
import { EmbeddedDiskFullError, EmbeddedStartFailedError } from './embedded.error.js';
import { tellsOfFullDisk } from './file-system.js';
import { runProgram } from './run-program.js';
import { prepareLog, readLogTail } from './server-log.js';
import { writeServerArguments } from './server-settings.js';

/** How an attempt ended: a `retry` names what a second look may find changed. */
export type StartOutcome = 'started' | 'retry';

// Recovery after a crash can take long; the server continues by itself and the next look finds it starting.
const PG_CTL_TIMEOUT_S = 60;

// Another application was faster; the port went to another process since it was free; the children of a killed server
// are still on their way out; another server is on its way up or down.
const PASSING =
  /lock file "postmaster\.pid" (?:already exists|is empty)|could not create any TCP\/IP sockets|pre-existing shared memory block/;

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
  if (PASSING.test(tail) || output.includes('did not start in time')) return 'retry';
  if (tellsOfFullDisk(tail)) throw EmbeddedDiskFullError.create(cluster.dir);
  const seen = output.split('\n', 1)[0] ?? '';
  throw EmbeddedStartFailedError.create(cluster.logFile, seen === '' ? 'the server ended at once' : seen, tail);
}
