import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The processes that run, with the folder of their spill. */
const running = new Map();

/** A contender in a process of its own, with a database of its own. It is frozen while another one is measured. */
export class ContenderProcess {
  constructor(name, child, cluster, database, directory, isShared) {
    Object.assign(this, { name, child, cluster, database, directory, isShared });
  }

  /**
   * Starts `script` and resolves once it says that it is ready.
   *
   * @param script a file beside this one
   * @param shared the name of a database that is not its own, and stays
   * @throws Error for one that ends before
   */
  static async start(cluster, { name, script = 'serve.mjs', args = [], execArgv = [], shared }) {
    const database = shared ?? (await cluster.createDatabase());
    const directory = await mkdtemp(join(tmpdir(), 'audit-ledger-bench-'));
    const child = fork(fileURLToPath(new URL(script, import.meta.url)), args, {
      execArgv: ['--disable-warning=ExperimentalWarning', ...execArgv],
      env: {
        ...process.env,
        NODE_ENV: 'production',
        BENCH_DATABASE_URL: cluster.urlOf(database),
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

  /** Resolves with the next message of a kind. @throws Error if the process ends first */
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

  /** Asks for something and resolves with the answer. */
  async ask(kind, request = {}) {
    const answer = this.next(kind);
    this.child.send({ kind, ...request });
    return answer;
  }

  freeze() {
    this.child.kill('SIGSTOP');
  }

  thaw() {
    this.child.kill('SIGCONT');
  }

  /** Closes it in order, as a deployment would, and leaves its database for counting. @throws Error if it fails at that */
  async close() {
    this.thaw();
    const exited = once(this.child, 'exit');
    this.child.send({ kind: 'close' });
    const [code, signal] = await exited;
    if (code !== 0) throw new Error(`The contender ${this.name} did not close in order (${signal ?? code}).`);
  }

  /** Removes what it leaves. */
  async forget() {
    running.delete(this.child);
    if (!this.isShared) await this.cluster.drop(this.database);
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Ends those that still run, whatever they do, and removes what they leave. For when the benchmark fails. */
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
