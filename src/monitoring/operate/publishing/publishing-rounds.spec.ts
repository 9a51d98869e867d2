import { beforeEach, describe, expect, it } from '@jest/globals';
import { withTiming } from '../../../../test/support/with-timing.js';
import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import type { SignedCheckpoint } from '../../proof/log/notes/checkpoint.js';
import type { CheckpointDestination } from './destinations.js';
import { PublishingRounds } from './publishing-rounds.js';

const INTERVAL_MS = 10_000;

withTiming({ publishRetryMs: 1_000 });

let nowMs: number;
let newest: SignedCheckpoint | undefined;
let published: Map<string, TreeHead>;

beforeEach(() => {
  nowMs = 1_000_000;
  newest = undefined;
  published = new Map();
});

class Notebook implements CheckpointDestination {
  readonly got: number[] = [];
  failure: string | undefined;

  constructor(
    readonly name: string,
    readonly isIdempotent = false,
  ) {}

  send({ size }: SignedCheckpoint, signal: AbortSignal): Promise<void> {
    if (this.failure === 'hangs') {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('timed out'))));
    }
    if (this.failure !== undefined) return Promise.reject(new Error(this.failure));
    this.got.push(size);
    return Promise.resolve();
  }
}

function createRounds(destinations: readonly CheckpointDestination[]): PublishingRounds {
  return new PublishingRounds(destinations, {
    newest: () => Promise.resolve(newest),
    published: () => Promise.resolve(published),
    keep: (name, { size, rootHash }) => {
      published.set(name, { size, rootHash });
      return Promise.resolve();
    },
    onChange: () => undefined,
    now: () => nowMs,
    intervalMs: INTERVAL_MS,
    timeoutMs: 20,
  });
}

function buildCheckpoint(size: number): SignedCheckpoint {
  return { size, rootHash: Buffer.alloc(32, size), note: `note of ${size}` };
}

const never = new AbortController().signal;

describe('publishing', () => {
  it('sends the newest checkpoint once an interval, and skips earlier ones', async () => {
    const file = new Notebook('file');
    const rounds = createRounds([file]);
    await rounds.step(never);
    for (let size = 1; size <= 30; size++) {
      newest = buildCheckpoint(size);
      nowMs += 1_000;
      await rounds.step(never);
    }
    expect(file.got).toEqual([10, 20, 30]);
  });

  it('aborts a destination that hangs, and sends to the others', async () => {
    const [hung, fine] = [new Notebook('hung'), new Notebook('fine')];
    const rounds = createRounds([hung, fine]);
    hung.failure = 'hangs';
    newest = buildCheckpoint(7);
    await rounds.step(never);
    expect(fine.got).toEqual([7]);
    expect(rounds.states).toMatchObject([{ failures: 1, error: 'timed out' }, { failures: 0 }]);
  });

  it('resumes after a restart, and repeats a checkpoint only at an idempotent destination', async () => {
    const [webhook, file] = [new Notebook('webhook'), new Notebook('file', true)];
    newest = buildCheckpoint(7);
    await createRounds([webhook, file]).step(never);
    await createRounds([webhook, file]).step(never);
    expect([webhook.got, file.got]).toEqual([[7], [7, 7]]);
    newest = buildCheckpoint(8);
    await createRounds([webhook, file]).step(never);
    expect([webhook.got, file.got]).toEqual([[7, 8], [7, 7, 8]]); // prettier-ignore
  });

  it('sends a smaller checkpoint after an adopted restore, and another one of the same size', async () => {
    const webhook = new Notebook('webhook');
    const rounds = createRounds([webhook]);
    for (const next of [
      buildCheckpoint(9),
      buildCheckpoint(5),
      { ...buildCheckpoint(5), rootHash: Buffer.alloc(32, 99) },
    ]) {
      newest = next;
      nowMs += INTERVAL_MS;
      await rounds.step(never);
    }
    expect(webhook.got).toEqual([9, 5, 5]);
  });
});
