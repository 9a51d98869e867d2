import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually, freshKeyFile, runSql, sizeIfSettled, tempFolder } from '../../support/index.js';
import { expectSoundLog, makeSequencer, makeSigner, ORIGIN } from '../../support/log-scene.js';
import { NatsCluster } from '../../support/nats-cluster.js';
import { ReplicatedServers } from '../../support/replicated-servers.js';

/** An application that records events, and seals them while it leads. */
class Writer {
  private output = '';
  private readonly child: ChildProcess;

  constructor(
    readonly spillDir: string,
    onSeen: (id: string, status: string) => void,
    atOnce = 4,
  ) {
    const ledger = { connectionUrl: postgres.primary.url, signingKeyFile: keyFile, origin: ORIGIN };
    const jetstream = { servers: nats.servers, stream: STREAM, tls: false };
    const script = 'test/long/servers/support/ingest-writer.mjs';
    const options = JSON.stringify({ ...ledger, spillDir, jetstream, atOnce });
    this.child = spawn(process.execPath, [script, options], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.child.stdout ?? process.stdin }).on('line', (line) => {
      const [id, status] = line.split(' ');
      if (id?.length === 36 && status !== undefined) onSeen(id, status);
      else this.output += line;
    });
  }

  get isStoring(): boolean {
    return this.output.includes('Storing the messages of JetStream');
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async end(signal?: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    if (signal === undefined) child.stdin?.end();
    else child.kill(signal);
    if (signal === 'SIGKILL') child.kill('SIGCONT');
    await ended;
  }
}

/** More rounds: `FAULT_MOMENTS=200 npm run test:long -- servers`. */
const MOMENTS = Number(process.env.FAULT_MOMENTS ?? 8);
const STREAM = 'AUDIT';

const keyFile = freshKeyFile();
const seen = new Map<string, string>();
let writers: Writer[] = [];

const [nats, postgres, folder] = await Promise.all([
  NatsCluster.start(),
  ReplicatedServers.open(),
  tempFolder('audit-ingest-'),
]);
afterAll(async () => {
  for (const each of writers) await each.end('SIGKILL');
  await nats.stop();
  await postgres.remove();
  await rm(folder, { recursive: true, force: true });
});

function startWriter(spillDir: string): Writer {
  return new Writer(spillDir, (id, status) => seen.set(id, status));
}

async function killAndRestart(writer: Writer): Promise<void> {
  await writer.end('SIGKILL');
  writers = writers.map((each) => (each === writer ? startWriter(writer.spillDir) : each));
}

/** The first one to store in its life, of those that did. */
const storing = (): Promise<Writer> => eventually(() => writers.find(({ isStoring }) => isStoring) ?? false);

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

describe('instances with JetStream in front', () => {
  it('seal every event that somebody saw once, though anything is killed or paused', async () => {
    writers = [startWriter(join(folder, 'spill-1')), startWriter(join(folder, 'spill-2'))];
    await seeMore(100);
    const faults: readonly (() => Promise<void>)[] = [
      async () => killAndRestart(await storing()),
      async () => {
        const leader = await nats.findLeader(STREAM);
        await nats.killNode(leader);
        await seeMore(20);
        nats.startNode(leader);
      },
      async () => {
        for (const writer of writers) await killAndRestart(writer);
      },
      async () => {
        const leader = await nats.findLeader(STREAM);
        nats.pauseNode(leader);
        await seeMore(20);
        nats.resumeNode(leader);
      },
      async () => {
        const paused = await storing();
        paused.signal('SIGSTOP'); // the server ends its session after ten seconds
        await eventually(() => writers.some((writer) => writer !== paused && writer.isStoring));
        paused.signal('SIGCONT');
      },
    ];
    for (let moment = 0; moment < MOMENTS; moment++) {
      await faults[moment % faults.length]?.();
      await seeMore(50 + Math.floor(Math.random() * 100));
    }
    for (const writer of writers) await writer.end();
    writers = writers.map(({ spillDir }) => new Writer(spillDir, () => undefined, 0)); // their boot replays the spill
    await expectEachOnce();
    for (const writer of writers) await writer.end();
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
