import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { JetStreamOptions } from '../../../src/rooms/jetstream/index.js';
import { expectJsonOf } from '../../support/expect-json-of.js';
import { eventually, freshKeyFile, runSql, sizeIfSettled, tempFolder } from '../../support/index.js';
import { expectSoundLog, makeSequencer, makeSigner, ORIGIN } from '../../support/log-scene.js';
import { NatsCluster } from '../../support/nats-cluster.js';
import { ReplicatedServers } from '../../support/replicated-servers.js';

class IngestProcess {
  private output = '';
  private errors = '';

  private constructor(readonly child: ChildProcess) {
    child.stderr?.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
  }

  static writer(options: object, onSeen: (id: string, status: string) => void): IngestProcess {
    const script = 'test/long/servers/support/ingest-writer.mjs';
    const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'pipe'] });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [id, status] = line.split(' ');
      if (id?.length === 36 && status !== undefined) onSeen(id, status);
    });
    return new IngestProcess(child);
  }

  static async worker(folder: string, url: string, origin: string, options: JetStreamOptions): Promise<IngestProcess> {
    const file = join(folder, 'jetstream.json');
    await writeFile(file, JSON.stringify(options));
    const args = ['dist/src/cli/main.js', 'worker', '--file', file, '--database-url', url, '--json'];
    const env = { ...process.env, AUDIT_LEDGER_ORIGIN: origin };
    const made = new IngestProcess(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env }));
    made.child.stdout?.on('data', (chunk: Buffer) => (made.output += chunk.toString()));
    return made;
  }

  get wrote(): { readonly output: string; readonly errors: string } {
    return { output: this.output, errors: this.errors };
  }

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

/** More rounds: `FAULT_MOMENTS=200 npm run test:long -- servers`. */
const MOMENTS = Number(process.env.FAULT_MOMENTS ?? 8);
const STREAM = 'AUDIT';

const keyFile = freshKeyFile();
const seen = new Map<string, string>();
const running = new Set<IngestProcess>();

const [nats, postgres, folder] = await Promise.all([
  NatsCluster.start(),
  ReplicatedServers.open(),
  tempFolder('audit-ingest-'),
]);
afterAll(async () => {
  for (const each of running) await each.end('SIGKILL');
  await nats.stop();
  await postgres.remove();
  await rm(folder, { recursive: true, force: true });
});

const jetstream = () => ({ servers: nats.servers, stream: STREAM, tls: false, worker: false });

function startWriter(): IngestProcess {
  const options = {
    ...{
      spillDir: join(folder, 'spill'),
      connectionUrl: postgres.primary.url,
      signingKeyFile: keyFile,
      origin: ORIGIN,
    },
    jetstream: jetstream(),
  };
  const writer = IngestProcess.writer(options, (id, status) => seen.set(id, status));
  running.add(writer);
  return writer;
}

async function startWorker(): Promise<IngestProcess> {
  const worker = await IngestProcess.worker(folder, postgres.primary.url, ORIGIN, jetstream());
  running.add(worker);
  return worker;
}

const isStoring = (worker: IngestProcess): boolean => worker.wrote.errors.includes('Storing the messages of JetStream');

async function seeMore(events: number): Promise<void> {
  const before = seen.size;
  await eventually(() => seen.size >= before + events);
}

async function expectEachOnce(): Promise<void> {
  const ids = [...seen].filter(([, status]) => status !== 'failed').map(([id]) => id);
  expect([...seen.values()]).toContain('accepted');
  expect([...seen.values()]).not.toContain('failed');
  await eventually(async () => {
    const [row] = await runSql(
      postgres.primary.superuserUrl,
      'SELECT count(*)::int AS events FROM audit_event WHERE id = ANY ($1)',
      [ids],
    );
    return row?.events === ids.length;
  });
}

describe('a worker of its own', () => {
  it('stores every event that somebody saw once, though anything is killed or paused', async () => {
    let writer = startWriter();
    let workers = [await startWorker(), await startWorker()];
    await seeMore(100);
    const faults: readonly (() => Promise<void>)[] = [
      async () => {
        await eventually(() => workers.some(isStoring));
        for (const worker of workers.filter(isStoring)) await worker.end('SIGKILL');
        workers = workers.filter((worker) => !isStoring(worker));
        while (workers.length < 2) workers.push(await startWorker());
      },
      async () => {
        const leader = await nats.leaderOf(STREAM);
        await nats.killNode(leader);
        await seeMore(20);
        nats.startNode(leader);
      },
      async () => {
        await writer.end('SIGKILL');
        writer = startWriter();
      },
      async () => {
        const leader = await nats.leaderOf(STREAM);
        nats.pauseNode(leader);
        await seeMore(20);
        nats.resumeNode(leader);
      },
      async () => {
        const storing = await eventually(() => workers.find(isStoring));
        const other = await startWorker();
        storing.child.kill('SIGSTOP'); // the server ends its session after ten seconds
        await eventually(() => [...workers, other].some((worker) => worker !== storing && isStoring(worker)));
        storing.child.kill('SIGCONT'); // two workers now, of which one was replaced
        workers.push(other);
      },
    ];
    for (let moment = 0; moment < MOMENTS; moment++) {
      await faults[moment % faults.length]?.();
      await seeMore(50 + Math.floor(Math.random() * 100));
    }
    await writer.end();
    const closing = startWriter(); // its boot replays what the spill has
    await seeMore(1);
    await expectEachOnce();
    await closing.end();
    await expectEachOnce();

    const [storing] = await eventually(() => {
      const found = workers.filter(isStoring);
      return found.length > 0 && found;
    });
    expect(await storing?.end('SIGTERM')).toBe(0);
    const { stored } = expectJsonOf('worker', storing?.wrote.output);
    expect(stored).toEqual(expect.any(Number));

    for (const worker of workers) await worker.end('SIGTERM');
  });

  it('leaves a sound log behind', async () => {
    const signer = await makeSigner(keyFile);
    const { sequencer } = makeSequencer(postgres.primary.url, signer);
    await eventually(async () => {
      await sequencer.run();
      return sizeIfSettled({ sql: (text) => runSql(postgres.primary.superuserUrl, text) });
    });
    await sequencer.close();
    const ids = new Set(await expectSoundLog(postgres.primary.superuserUrl, signer));
    expect([...seen.keys()].filter((id) => !ids.has(id))).toEqual([]);
  });
});
