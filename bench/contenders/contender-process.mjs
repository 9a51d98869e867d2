import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The processes that are running, each with the folder of its spill. */
const running = new Map();

/** A contender in its own process, with its own database. It is frozen while another contender is measured. */
export class ContenderProcess {
  constructor(name, child, cluster, database, directory, isShared) {
    Object.assign(this, { name, child, cluster, database, directory, isShared });
  }

  /**
   * Starts `script`, and resolves when the script reports that it is ready.
   *
   * @param script a file in the folder of this file
   * @param isBefore whether the contender runs from the other build, with its scripts and its schema
   * @param shared the name of a database that other contenders also use, and that is not dropped afterwards
   * @throws Error if the process ends before it is ready
   */
  static async start(cluster, { name, script = 'serve.mjs', args = [], execArgv = [], shared, isBefore = false }) {
    const database = shared ?? (await cluster.createDatabase({ isBefore }));
    const folder = isBefore ? pathToFileURL(`${cluster.before}/bench/contenders/`) : import.meta.url;
    const directory = await mkdtemp(join(tmpdir(), 'audit-ledger-bench-'));
    const child = fork(fileURLToPath(new URL(script, folder)), args, {
      execArgv: ['--disable-warning=ExperimentalWarning', ...execArgv],
      env: {
        ...process.env,
        NODE_ENV: 'production',
        BENCH_DATABASE_URL: cluster.getUrl(database),
        BENCH_DIR: directory,
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    running.set(child, directory);
    const contender = new ContenderProcess(name, child, cluster, database, directory, shared !== undefined);
    const { port } = await contender.next('ready');
    return Object.assign(contender, { port: Number(port) });
  }

  get pid() {
    return this.child.pid;
  }

  /** The ids of the process and of its companion, if it has one. */
  get pids() {
    return [this, this.companion].flatMap((each) => each?.pid ?? []);
  }

  /** Resolves with the next message of the given kind. @throws Error if the process ends first */
  async next(kind) {
    return new Promise((resolve, reject) => {
      const ended = (code, signal) => {
        this.child.off('message', heard);
        reject(new Error(`The contender ${this.name} ended by itself (${signal ?? code}). Its output stands above.`));
      };
      const heard = (message) => {
        if (message.kind !== kind) return;
        this.child.off('message', heard).off('exit', ended);
        resolve(message);
      };
      this.child.on('message', heard).once('exit', ended);
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        ended(this.child.exitCode, this.child.signalCode);
      }
    });
  }

  /** Sends a request to the contender, and resolves with the answer. */
  async ask(kind, request = {}) {
    const answer = this.next(kind);
    this.child.send({ kind, ...request });
    return answer;
  }

  freeze() {
    this.companion?.freeze();
    this.child.kill('SIGSTOP');
  }

  thaw() {
    this.child.kill('SIGCONT');
    this.companion?.thaw();
  }

  /** Closes the contender properly, as a deployment would. Its database stays, so that rows can be counted. @throws Error if the contender fails */
  async close() {
    this.thaw();
    const exited = once(this.child, 'exit');
    this.child.send({ kind: 'close' });
    const [code, signal] = await exited;
    if (code !== 0) throw new Error(`The contender ${this.name} did not close in order (${signal ?? code}).`);
    await this.companion?.close();
  }

  /** Removes the contender's database and folder. */
  async forget() {
    running.delete(this.child);
    await this.companion?.forget();
    if (!this.isShared) await this.cluster.drop(this.database);
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Kills the contenders that are still running, and removes their folders. Is called when the benchmark fails. */
export async function removeContenders() {
  for (const [child, directory] of running) {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    await rm(directory, { recursive: true, force: true });
  }
  running.clear();
}
