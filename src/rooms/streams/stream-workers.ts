import { setMaxListeners } from 'node:events';
import { hasCode } from '../../audit/nest-free.js';
import type { ResolvedStream } from './streams-options.js';

export interface WantedStream {
  readonly stream: ResolvedStream;
  /** A text that changes with each change of the stream. */
  readonly version: string;
}

interface Running {
  readonly version: string;
  readonly stopping: AbortController;
  readonly done: Promise<void>;
}

const OF_ONE_STREAM = ['AUDIT_STREAM_CONTRADICTED', 'AUDIT_STREAM_TAKEN_OVER', 'AUDIT_STREAM_UNKNOWN'] as const;

/** Runs the workers of a leader, one for each stream. */
export class StreamWorkers {
  private readonly running = new Map<string, Running>();
  private failure: { readonly error: unknown } | undefined;

  /**
   * @param work sends a stream until the signal aborts
   * @param lost called if a worker fails with an error that concerns all workers
   */
  constructor(
    private readonly work: (stream: ResolvedStream, until: AbortSignal) => Promise<void>,
    private readonly lost: () => void,
  ) {}

  /** Stops the workers of removed and changed streams, and starts missing workers. */
  async match(wanted: readonly WantedStream[]): Promise<void> {
    const versions = new Map(wanted.map(({ stream, version }) => [stream.name, version]));
    const outdated = [...this.running].filter(([name, { version }]) => versions.get(name) !== version);
    await this.stop(outdated.map(([, running]) => running));
    for (const { stream, version } of wanted) {
      if (this.running.has(stream.name)) continue;
      const stopping = new AbortController();
      setMaxListeners(0, stopping.signal);
      this.running.set(stream.name, { version, stopping, done: this.run(stream, stopping.signal) });
    }
  }

  /** Stops all workers. Rejects with the first error that concerns all workers. */
  async end(): Promise<void> {
    await this.stop([...this.running.values()]);
    if (this.failure) throw this.failure.error;
  }

  private async run(stream: ResolvedStream, until: AbortSignal): Promise<void> {
    try {
      await this.work(stream, until);
    } catch (error) {
      if (!hasCode(error, ...OF_ONE_STREAM)) {
        this.failure ??= { error };
        this.lost();
      }
    } finally {
      this.running.delete(stream.name);
    }
  }

  private async stop(running: readonly Running[]): Promise<void> {
    for (const { stopping } of running) stopping.abort();
    await Promise.all(running.map(({ done }) => done));
  }
}
