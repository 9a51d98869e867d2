import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { eventually, withClient, kept, testDatabase } from '../../support/index.js';
import { addEvents, makeSequencer, makeSigner } from '../../support/log-scene.js';

const MAIN = resolve('dist/src/cli/main.js');

class Call {
  output = '';
  errors = '';
  private readonly ended: Promise<unknown>;

  constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (text: Buffer) => (this.output += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (this.errors += text.toString()));
    this.ended = once(child, 'close');
  }

  get lines(): readonly string[] {
    return this.output.split('\n').filter((line) => line !== '');
  }

  async exitCode(): Promise<number | null> {
    await this.ended;
    return this.child.exitCode;
  }
}
const calls: Call[] = [];

const database = await testDatabase();
const { sequencer } = makeSequencer(database.url, await makeSigner());
await kept(sequencer);
afterEach(async () => {
  for (const { child } of calls) child.kill('SIGKILL');
  await Promise.all(calls.splice(0).map(async (call) => call.exitCode()));
});

function tail(...args: readonly string[]): Call {
  const env = { PATH: process.env.PATH, DATABASE_URL: database.url };
  const call = new Call(spawn(process.execPath, [MAIN, 'tail', ...args], { env }));
  calls.push(call);
  return call;
}

async function seal(count: number): Promise<readonly string[]> {
  const ids = await withClient(database.url, async (client) => addEvents(client, count));
  await sequencer.run();
  return ids;
}

function idsOf({ lines }: Call): readonly string[] {
  return lines.map((line) => (JSON.parse(line) as { readonly id: string }).id);
}

describe('nestjs-audit-ledger tail', () => {
  it('prints the newest events, oldest first, a line each', async () => {
    const ids = await seal(3);
    const call = tail('--lines', '2');
    expect([await call.exitCode(), call.errors]).toEqual([0, '']);
    expect(call.lines.map((line) => line.split(/ {2,}/).at(-1))).toEqual(ids.slice(1));
  });

  it('follows what comes, each event once, until Ctrl+C, and records the read', async () => {
    const [newest] = (await seal(1)).slice(-1);
    const call = tail('-f', '-n', '1', '--json', '--by', 'follower');
    await eventually(() => call.lines.length === 1);
    const later = [...(await seal(1)), ...(await seal(2))];
    await eventually(() => call.lines.length >= 4);
    call.child.kill('SIGINT');
    expect([await call.exitCode(), call.errors]).toEqual([0, '']);
    expect(idsOf(call)).toEqual([newest, ...later]);
    await sequencer.run();
    const reads = await database.sql(
      `SELECT sum((details->>'shown')::int)::int AS shown FROM audit_event WHERE action = 'audit_log_viewed' AND actor_id = 'follower'`,
    );
    expect(reads).toEqual([{ shown: 4 }]);
  });
});
