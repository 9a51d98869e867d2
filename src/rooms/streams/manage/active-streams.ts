import { setMaxListeners } from 'node:events';
import { errorMessage, hasCode } from '../../../audit/nest-free.js';
import type { LedgerQueries, LedgerTransactions } from '../../../monitoring/store/sessions/ledger-session.js';
import type { LedgerRow } from '../../../monitoring/store/ledger-row.js';
import { NEWEST_ACT, type FollowedStreams, JUDGED, judgeStream } from '../stream-acts.js';
import { FAILURES_OF_A_STATE } from '../../../monitoring/consumers/retry-delay.js';
import type { StreamsSlice, ResolvedStream } from '../streams-options.js';
import { dropOldSecret, needsNewerKey, rekeySecrets } from './rotate-secret.js';
import {
  checked,
  definitionOf,
  OTHER_DEFINITION,
  optionsOf,
  STORED_COLUMNS,
  type StoredStream,
  type StreamMaker,
} from './stored-streams.js';
import { streamsErrors } from '../streams.errors.js';

const BROKEN = `
  UPDATE audit_stream SET failures = greatest(failures, ${FAILURES_OF_A_STATE}), last_error = $2
   WHERE name = $1 AND last_error IS DISTINCT FROM $2`;

const ROWS = `
  SELECT ${JUDGED}, problem, ${STORED_COLUMNS}, ${NEWEST_ACT}
    FROM (VALUES (1)) AS one LEFT JOIN (audit_stream LEFT JOIN audit_stream_definition USING (name)) ON true ORDER BY name`;
const PROBLEM = 'UPDATE audit_stream SET problem = $2 WHERE name = $1';

/** Reads the streams that the leader sends: streams of the options, and streams made at run time. */
export class ActiveStreams {
  /** The contradictions between rows and signed acts at the last {@link read}, by name of the stream or replay. */
  problems: ReadonlyMap<string, string> = new Map();

  /**
   * @param log logs the problem of a stream that cannot be sent
   * @param change changes a stored stream in the name of the system; it does not reject
   */
  constructor(
    private readonly session: LedgerQueries,
    private readonly options: StreamsSlice,
    private readonly acts: FollowedStreams,
    private readonly log: (problem: string) => void,
    private readonly change: (
      work: (session: LedgerTransactions, maker: StreamMaker) => Promise<void>,
    ) => Promise<void>,
  ) {}

  /**
   * Reads the streams to send. A stream that cannot be sent is left out, and the reason is stored for the stream's report. Rejects with the
   * error of the PostgreSQL client.
   *
   * @throws `AUDIT_ACTS_CONTRADICTED`
   */
  async read(): Promise<readonly WantedStream[]> {
    const wanted: WantedStream[] = this.options.streams.map((stream) => ({ stream, version: 'options' }));
    const names = new Set(wanted.map(({ stream }) => stream.name));
    let rows = await this.rows();
    const older = storedOf(rows).filter((stored) => needsNewerKey(stored, this.options.streamSecretsKey));
    // If the encryption with the newest key fails, the older key still decrypts the secrets.
    for (const { name } of older) await this.change((session, maker) => rekeySecrets(session, name, maker));
    if (older.length > 0) rows = await this.rows();
    const stored = storedOf(rows);
    const problems = this.problemsOf(rows, stored, names);
    for (const each of stored) {
      const { name } = each;
      if (names.has(name)) {
        this.log(
          `Two streams have the name ${name}. The stream in the options is sent, and the stream that was made at run time is not sent.`,
        );
        continue;
      }
      if (problems.has(name)) continue;
      if (each.isOldSecretOver) await this.change((session, maker) => dropOldSecret(session, name, maker));
      const stream = await this.resolve(each);
      if (stream) wanted.push(stream);
    }
    await this.report(rows, problems);
    const live = wanted.filter(({ stream }) => !problems.has(stream.name));
    const sound = rows.filter(({ name }) => !problems.has(String(name)));
    return [...live, ...replaysOf(live, sound)];
  }

  private problemsOf(
    rows: readonly LedgerRow[],
    stored: readonly StoredStream[],
    ofOptions: ReadonlySet<string>,
  ): Map<string, string> {
    const judged = rows.map((row) => [String(row.name), judgeStream(row, this.acts.stated, this.acts.trust)] as const);
    const problems = new Map(judged.flatMap(([name, each]) => (typeof each === 'string' ? [[name, each]] : [])));
    const known = new Set(judged.map(([name]) => name));
    const definitions = new Map(stored.map((each) => [each.name, definitionOf(each)]));
    for (const [name, { definition, replay }] of this.acts.stated) {
      if (replay || ofOptions.has(name)) continue; // a replay without a row has finished, and the leader adds missing streams of the options
      if (!known.has(name)) problems.set(name, 'its row is gone, and no signed act removed it');
      else if (definitions.get(name) !== definition) problems.set(name, OTHER_DEFINITION);
    }
    return problems;
  }

  private async report(rows: readonly LedgerRow[], problems: Map<string, string>): Promise<void> {
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

  private async resolve(stored: StoredStream): Promise<WantedStream | undefined> {
    const { name, secrets } = stored;
    const version = secrets.toString('base64'); // each encryption differs
    try {
      return { stream: checked(optionsOf(stored, this.options.streamSecretsKey)), version };
    } catch (error) {
      const problem = `The stream ${name} is not sent, and keeps its position. ${errorMessage(error)}`;
      this.log(problem);
      await this.session.rows(BROKEN, [name, problem]);
      return undefined;
    }
  }
}

function storedOf(rows: readonly LedgerRow[]): readonly StoredStream[] {
  return rows.filter(({ secrets }) => secrets !== null) as unknown as readonly StoredStream[]; // what ROWS selects
}

function replaysOf(live: readonly WantedStream[], rows: readonly LedgerRow[]): readonly WantedStream[] {
  return rows.flatMap(({ name, state, replay_of: replayOf }) => {
    const of = live.find(({ stream }) => stream.name === replayOf);
    return of && state !== 'done' ? [{ stream: { ...of.stream, name: String(name) }, version: of.version }] : [];
  });
}

interface WantedStream {
  readonly stream: ResolvedStream;
  /** A text that changes with each change of the stream. */
  readonly version: string;
}

interface Running {
  readonly version: string;
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
