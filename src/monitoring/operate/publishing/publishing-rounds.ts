import { getErrorMessage } from '../../../audit/nest-free.js';
import { isSameHash } from '../../proof/log/merkle/hashes.js';
import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import type { SignedCheckpoint } from '../../proof/log/notes/checkpoint.js';
import type { CheckpointDestination } from './destinations.js';
import { TIMING } from '../../store/timing.js';

interface PublishingDependencies {
  /** Reads the newest checkpoint, whose signature is verified; `undefined` while nothing is sealed. */
  readonly newest: () => Promise<SignedCheckpoint | undefined>;
  /** Reads the last publication at each destination, by any instance. */
  readonly published: () => Promise<ReadonlyMap<string, TreeHead>>;
  readonly keep: (destination: string, checkpoint: SignedCheckpoint) => Promise<void>;
  /** Called with each new error of a destination. Called with `undefined` when the destination works again. */
  readonly onChange: (destination: string, error: unknown) => void;
  readonly now: () => number;
  readonly intervalMs: number;
  /** The time limit of one attempt at one destination. */
  readonly timeoutMs: number;
}

interface Line {
  readonly destination: CheckpointDestination;
  readonly name: string;
  sent: TreeHead | undefined;
  failures: number;
  error: string | undefined;
  retryAt: number;
}

export type DestinationState = Readonly<Pick<Line, 'name' | 'failures' | 'error'>>;

const HEALTHY = { failures: 0, error: undefined, retryAt: 0 };

const LAST_RETRY_MS = 300_000;

/**
 * Publishes the newest checkpoint in rounds. In each round, all destinations get the same checkpoint, so that all witnesses cosign the same
 * tree size. Checkpoints between two rounds are skipped, because the newest checkpoint covers them. A failing destination is retried with
 * growing delays. A failure delays other destinations by one time-out at most.
 */
export class PublishingRounds {
  private readonly lines: readonly Line[];
  private target: SignedCheckpoint | undefined;
  private nextRoundAt = 0;
  private isResumed = false;

  constructor(
    destinations: readonly CheckpointDestination[],
    private readonly ports: PublishingDependencies,
  ) {
    const lineTo = (destination: CheckpointDestination): Line => {
      return { destination, name: destination.name, sent: undefined, ...HEALTHY };
    };
    this.lines = destinations.map(lineTo);
  }

  get states(): readonly DestinationState[] {
    return this.lines;
  }

  /** Resets the state of the last leadership, so that the next step reads the publications again. */
  reset(): void {
    this.isResumed = false;
    for (const line of this.lines) Object.assign(line, HEALTHY);
  }

  /**
   * Sends the newest checkpoint to the destinations that are due. Rejects with the errors of `newest` and `published`. Calls must not
   * overlap.
   */
  async step(signal: AbortSignal): Promise<void> {
    if (!this.isResumed) await this.resume();
    const now = this.ports.now();
    if (now >= this.nextRoundAt) {
      this.target = await this.ports.newest();
      this.nextRoundAt = now + this.ports.intervalMs;
    }
    const { target } = this;
    if (!target) return;
    const due = this.lines.filter(({ sent, retryAt }) => now >= retryAt && !(sent && isSame(sent, target)));
    await Promise.all(due.map((line) => this.send(line, target, signal)));
  }

  private async resume(): Promise<void> {
    const published = await this.ports.published();
    for (const line of this.lines) {
      line.sent = line.destination.isIdempotent ? undefined : published.get(line.name);
    }
    this.nextRoundAt = 0;
    this.isResumed = true;
  }

  private async send(line: Line, target: SignedCheckpoint, signal: AbortSignal): Promise<void> {
    const { name } = line;
    try {
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(this.ports.timeoutMs)]);
      await line.destination.send(target, inTime, line.sent);
      await this.ports.keep(name, target);
      line.sent = target;
      if (line.failures > 0) this.ports.onChange(name, undefined);
      Object.assign(line, HEALTHY);
    } catch (error) {
      if (signal.aborted) return; // the application shuts down
      const isNews = line.error !== getErrorMessage(error);
      line.failures += 1;
      line.error = getErrorMessage(error);
      line.retryAt = this.ports.now() + this.retryAfterMs(line.failures);
      if (isNews) this.ports.onChange(name, error);
    }
  }

  /** A random factor spreads the retries. */
  private retryAfterMs(failures: number): number {
    const longest = Math.min(TIMING.publishRetryMs * 2 ** Math.min(failures - 1, 30), LAST_RETRY_MS);
    return longest * (0.5 + Math.random() / 2);
  }
}

function isSame(one: TreeHead, other: TreeHead): boolean {
  return one.size === other.size && isSameHash(one.rootHash, other.rootHash);
}
