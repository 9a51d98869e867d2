import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { JetStreamOptions } from '../../../../src/modules/jetstream/index.js';

/** A process that a test kills: a writer, or a worker. */
export class IngestProcess {
  private output = '';
  private errors = '';

  private constructor(readonly child: ChildProcess) {
    child.stderr?.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
  }

  /** An application that records events; `onSeen` is told of each event whose receipt its caller saw, but for failed ones. */
  static writer(options: object, onSeen: (id: string, status: string) => void): IngestProcess {
    const script = 'test/long/servers/support/ingest-writer.mjs';
    const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'pipe'] });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [id, status] = line.split(' ');
      if (id?.length === 36 && status !== undefined) onSeen(id, status);
    });
    return new IngestProcess(child);
  }

  /** `nestjs-audit-ledger worker`, with the options in a file of this folder. */
  static async worker(folder: string, url: string, origin: string, options: JetStreamOptions): Promise<IngestProcess> {
    const file = join(folder, 'jetstream.json');
    await writeFile(file, JSON.stringify(options));
    const args = ['dist/src/cli/main.js', 'worker', '--file', file, '--database-url', url, '--json'];
    const env = { ...process.env, AUDIT_LEDGER_ORIGIN: origin };
    const made = new IngestProcess(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env }));
    made.child.stdout?.on('data', (chunk: Buffer) => (made.output += chunk.toString()));
    return made;
  }

  /** What it wrote to its standard output, and to its log. */
  get wrote(): { readonly output: string; readonly errors: string } {
    return { output: this.output, errors: this.errors };
  }

  /** Resolves with the exit code; `null` after a kill. */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = once(child, 'exit');
    if (signal === undefined) child.stdin?.end();
    else child.kill(signal);
    if (signal === 'SIGKILL') child.kill('SIGCONT');
    await ended;
    return child.exitCode;
  }
}
