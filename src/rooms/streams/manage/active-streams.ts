import { setMaxListeners } from 'node:events';
import { hasCode } from '../../../audit/nest-free.js';
import type { LedgerQueries } from '../../../monitoring/store/sessions/ledger-session.js';
import type { LedgerRow } from '../../../monitoring/store/ledger-row.js';
import { NEWEST_ACT, type FollowedStreams, JUDGED, judgeStream } from '../stream-acts.js';
import type { ResolvedStream } from '../streams-options.js';
import { streamsErrors } from '../streams.errors.js';

const ROWS = `
  SELECT ${JUDGED}, problem, ${NEWEST_ACT} FROM (VALUES (1)) AS one LEFT JOIN audit_stream ON true ORDER BY name`;
const PROBLEM = 'UPDATE audit_stream SET problem = $2 WHERE name = $1';

/** Reads the streams that the leader sends: the streams of the options, and their replays. */
export class ActiveStreams {
  /** The contradictions between rows and signed acts at the last {@link read}, by name of the stream or replay. */
  problems: ReadonlyMap<string, string> = new Map();

  /** @param log logs the problem of a stream that cannot be sent */
  constructor(
    private readonly session: LedgerQueries,
    private readonly streams: readonly ResolvedStream[],
    private readonly acts: FollowedStreams,
    private readonly log: (problem: string) => void,
  ) {}

  /**
   * Reads the streams to send. A stream that cannot be sent is left out, and the reason is stored for the stream's report. Rejects with the
   * error of the PostgreSQL client.
   *
   * @throws `AUDIT_ACTS_CONTRADICTED`
   */
  async read(): Promise<readonly ResolvedStream[]> {
    const rows = await this.rows();
    const judged = rows.map((row) => [String(row.name), judgeStream(row, this.acts.stated, this.acts.trust)] as const);
    const problems = new Map(judged.flatMap(([name, each]) => (typeof each === 'string' ? [[name, each]] : [])));
    await this.report(rows, problems);
    const live = this.streams.filter(({ name }) => !problems.has(name));
    const sound = rows.filter(({ name }) => !problems.has(String(name)));
    return [...live, ...replaysOf(live, sound)];
  }

  private async report(rows: readonly LedgerRow[], problems: ReadonlyMap<string, string>): Promise<void> {
    this.problems = problems;
    for (const [name, seen] of problems) this.log(streamsErrors.AUDIT_STREAM_CONTRADICTED(name, seen).message);
    for (const { name, problem } of rows) {
      const seen = problems.get(String(name)) ?? null;
      if (problem !== seen) await this.session.rows(PROBLEM, [name, seen]);
    }
  }

  private async rows(): Promise<readonly LedgerRow[]> {
    const rows = await this.acts.read(() => this.session.rows(ROWS));
    return rows.filter(({ name }) => name !== null); // without streams, the query returns one row that has only the newest act
  }
}

function replaysOf(live: readonly ResolvedStream[], rows: readonly LedgerRow[]): readonly ResolvedStream[] {
  return rows.flatMap(({ name, state, replay_of: replayOf }) => {
    const of = live.find((stream) => stream.name === replayOf);
    return of && state !== 'done' ? [{ ...of, name: String(name) }] : [];
  });
}

interface Running {
  readonly stopping: AbortController;
  readonly done: Promise<void>;
}

const OF_ONE_STREAM = ['AUDIT_STREAM_CONTRADICTED', 'AUDIT_STREAM_TAKEN_OVER', 'AUDIT_NOT_FOUND'] as const;

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

  /** Stops the workers of streams that are not wanted, and starts missing workers. */
  async match(wanted: readonly ResolvedStream[]): Promise<void> {
    const names = new Set(wanted.map(({ name }) => name));
    await this.stop([...this.running].flatMap(([name, running]) => (names.has(name) ? [] : [running])));
    for (const stream of wanted) {
      if (this.running.has(stream.name)) continue;
      const stopping = new AbortController();
      setMaxListeners(0, stopping.signal);
      this.running.set(stream.name, { stopping, done: this.run(stream, stopping.signal) });
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
