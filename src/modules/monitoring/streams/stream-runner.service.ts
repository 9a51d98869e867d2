import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Catalogue, errorMessage, ownPackage } from '../../../audit/plain.js';
import { ActsContradictedError } from '../lifecycle/acts-contradicted.error.js';
import { Sequencer } from '../sequencer/sequencer.service.js';
import type { HealthPart, StatePart } from '../store/state-part.js';
import { CheckpointSigner } from '../signing/checkpoint-signer.service.js';
import { explainUnlessOwn } from '../store/explain-ledger-error.js';
import { LedgerStateReader } from '../store/ledger-state-reader.service.js';
import { LedgerReader } from '../store/ledger-reader.service.js';
import { SEQUENCER, STREAMER } from '../store/ledger-roles.js';
import { LedgerSession } from '../store/ledger-session.js';
import { LEADER_LIMITS } from '../store/session-limits.js';
import { STORE_OPTIONS, type StoreOptions } from '../store/store-options.js';
import { warnInLog } from '../store/warn-in-log.js';
import { BatchMaker } from './batch-maker.js';
import { destinationTypeOf } from './destinations/destination-types.js';
import { endStream } from './change-stream.js';
import { enrollStream, leadStream } from './enroll-stream.js';
import { FollowedStreams } from './followed-streams.js';
import { StreamSecretsKeyError } from './manage/manage.error.js';
import { rekeySecrets } from './manage/rekey-secrets.js';
import { dropOldSecret } from './manage/rotate-secret.js';
import type { StreamMaker } from './manage/stored-streams.js';
import { WantedStreams } from './manage/wanted-streams.js';
import { signRetired } from './retired-record.js';
import { SelectedEvents } from './selected-events.js';
import type { StreamDestination } from './stream-destination.js';
import { problemsOfStreams, readStreamReports, type StreamReport } from './stream-report.js';
import { StreamCrew } from './stream-crew.js';
import { StreamContradictedError } from './streams.error.js';
import { streamsPart } from './streams-part.js';
import { StreamPace } from './stream-pace.js';
import { StreamStore } from './stream-store.js';
import { StreamWorker } from './stream-worker.js';
import { STREAMS_OPTIONS, type ResolvedStream, type StreamsSlice } from './streams-options.js';
import { TIMING } from '../store/timing.js';

/** What this instance does for the streams; `off` without `streams` and `streamSecretsKey` in the options. */
export type StreamRole = 'off' | 'disconnected' | 'standby' | 'leading';

/** What this instance did since the start, by stream. */
export type StreamTotals = Readonly<Record<string, StreamWorker['total']>>;

/** The leader stops sending before the server gives the lock of a leader that it does not hear to another. */
const HEARTBEAT_MS = 1_000;
const READ_CONNECTIONS = 2;
const ANY_STORED = 'SELECT name FROM audit_stream_definition LIMIT 1';
const PROBLEMS = 'SELECT name, problem FROM audit_stream WHERE problem IS NOT NULL ORDER BY name';
const STORED_KEYS = 'SELECT name, key_id FROM audit_stream_definition ORDER BY name';

/**
 * Sends the streams, as one of the application's instances: the one that has the lock. It has one worker a stream.
 *
 * ```
 *   disconnected ──connects──▶ standby ──gets the lock, begins an epoch──▶ leading
 *        ▲                                                                    │
 *        └───────── connection lost, no heartbeat, a later epoch, any error ──┘ every worker stops first
 * ```
 */
@Injectable()
export class StreamRunner implements HealthPart, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly stopping = new AbortController();
  private readonly reader: LedgerReader;
  private readonly workers = new Map<string, StreamWorker>();
  private readonly pace = new StreamPace(this.stopping.signal, () =>
    Math.max(0, ...[...this.workers.values()].map(({ lateMs }) => lateMs)),
  );
  private wake = new AbortController();
  private changed = new AbortController();
  private readonly told = new Set<string>();
  private run: Promise<void> = Promise.resolve();
  private error: string | undefined;
  /** Why the leader cannot lead: the acts themselves do not follow. */
  private contradicted: ActsContradictedError | undefined;
  private wanted: WantedStreams | undefined;
  private readonly acts: FollowedStreams;
  private current: StreamRole;

  constructor(
    @Inject(STREAMS_OPTIONS) private readonly options: StreamsSlice,
    @Inject(STORE_OPTIONS) private readonly store: StoreOptions,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(Sequencer) private readonly sequencer: Sequencer,
    @Inject(LedgerStateReader) private readonly state: Pick<LedgerStateReader, 'rows'>,
  ) {
    const isOn = options.streams.length > 0 || options.streamSecretsKey !== undefined;
    this.current = isOn ? 'disconnected' : 'off';
    const { connectionUrl } = store;
    this.reader = new LedgerReader({ connectionUrl, maxReadConnections: READ_CONNECTIONS }, warnInLog);
    this.acts = new FollowedStreams(signer, (work) => this.asSequencer(work));
    setMaxListeners(0, this.stopping.signal);
    if (this.current !== 'off') sequencer.onCheckpoint(() => this.hurry());
  }

  get role(): StreamRole {
    return this.current;
  }

  /** What this instance did since the start, by stream. */
  get totals(): StreamTotals {
    return Object.fromEntries([...this.workers].map(([name, worker]) => [name, worker.total]));
  }

  /** How all streams of the ledger are; none if this instance has none in its options, and none was made at run time. */
  async reports(): Promise<readonly StreamReport[]> {
    if (this.current === 'off' && (await this.state.rows(ANY_STORED)).length === 0) return [];
    return readStreamReports(this.reader);
  }

  async health(): Promise<StatePart> {
    const [reports, problems] = await Promise.all([this.reports(), this.problems()]).catch(() => [[], []]);
    return streamsPart(reports, problems);
  }

  /** What is wrong with streams. Rejects with the errors of {@link reports}. */
  async problems(): Promise<readonly Error[]> {
    const problems = [...(await this.contradictions()), ...problemsOfStreams(await this.reports())];
    if (this.current !== 'off') return problems;
    const stored = await this.state.rows(STORED_KEYS); // nobody sends these, so that none says why
    return [
      ...problems,
      ...stored.map(({ name, key_id: key }) => StreamSecretsKeyError.of(String(name), String(key), undefined)),
    ];
  }

  /** A leader says itself what it saw; the others say what it wrote down. */
  private async contradictions(): Promise<readonly Error[]> {
    if (this.contradicted) return [this.contradicted];
    const seen =
      this.current === 'leading' && this.wanted
        ? [...this.wanted.problems]
        : (await this.state.rows(PROBLEMS)).map(({ name, problem }) => [String(name), String(problem)] as const);
    return seen.map(([name, problem]) => new StreamContradictedError(name, problem));
  }

  /** Does not wait: a ledger that cannot be reached does not stop the boot. */
  onApplicationBootstrap(): void {
    if (this.current !== 'off') this.run = this.lead();
  }

  /** Cuts off what is being sent; the next leader sends it again, with the same id. */
  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.run;
    await this.reader.onApplicationShutdown();
  }

  private async lead(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.leadOnce(signal);
        this.error = undefined;
      } catch (error) {
        this.report(error);
      }
      this.current = 'disconnected';
      await pause(TIMING.reconnectMs, signal);
    }
  }

  /** Leads until it cannot any more. */
  private async leadOnce(signal: AbortSignal): Promise<void> {
    const session = await LedgerSession.open(this.store.sequencerUrl, STREAMER, { ...LEADER_LIMITS, signal });
    const lost = new AbortController();
    const until = AbortSignal.any([signal, lost.signal]);
    setMaxListeners(0, until);
    try {
      while (!(await session.tryToLock())) {
        this.current = 'standby';
        await pause(TIMING.standbyMs, until);
        if (until.aborted) return;
      }
      const beating = this.beat(session, lost, until);
      await this.runWorkers(session, lost, until).finally(() => lost.abort());
      await beating;
    } finally {
      await session.close();
    }
  }

  /** Sends the streams of the options, and those that the database has, as they come, change and go. */
  private async runWorkers(session: LedgerSession, lost: AbortController, until: AbortSignal): Promise<void> {
    const wanted = (this.wanted = new WantedStreams(
      session,
      this.options,
      this.acts,
      (problem) => this.tellOnce(problem),
      (name) => this.asSystem((own, maker) => dropOldSecret(own, name, maker)), // it signs meanwhile, too
      (name) => this.asSystem((own, maker) => rekeySecrets(own, name, maker)), // the older key decrypts meanwhile
    ));
    const crew = new StreamCrew(
      (stream, ended) => this.work(session, stream, eitherOf(until, ended)),
      () => lost.abort(),
    );
    try {
      for (const stream of this.options.streams) await enrollStream(session, stream, this.acts);
      while (!until.aborted) {
        await crew.match(await wanted.read());
        this.contradicted = undefined;
        this.current = 'leading';
        await pause(TIMING.streamRowsMs, until, this.changed.signal);
      }
    } catch (error) {
      lost.abort();
      await crew.end().catch(() => undefined);
      throw error;
    }
    await crew.end().catch((error: unknown) => {
      if (!this.stopping.signal.aborted) throw error;
    });
  }

  private async work(session: LedgerSession, stream: ResolvedStream, until: AbortSignal): Promise<void> {
    if (this.options.streams.includes(stream)) await enrollStream(session, stream, this.acts); // somebody may have removed it meanwhile
    const store = new StreamStore(session, stream.name, await leadStream(session, stream.name), this.acts);
    const destination: StreamDestination = destinationTypeOf(stream.destination).create(stream.destination, {
      origin: this.signer.origin,
      version: ownPackage()?.version ?? '0',
    });
    const events = new SelectedEvents(this.reader, this.catalogue, stream.pseudonymKey, this.pace);
    const { origin, signText } = this.signer;
    const maker = new BatchMaker(stream, events, store, (stated) => signRetired(origin, stated, signText), this.pace);
    const worker = new StreamWorker(stream, destination, store, maker, {
      origin,
      signText,
      end: (name, reason) => this.end(name, reason),
      tell: (line, isAlarm) => (isAlarm ? this.logger.error(line) : this.logger.log(line)),
      now: () => performance.now(),
      random: Math.random,
      pace: this.pace,
      isWoken: () => this.sequencer.status.role === 'leading',
    });
    this.workers.set(stream.name, worker);
    try {
      while (!until.aborted) {
        const woken = this.wake.signal; // also by a checkpoint that comes while the step is taken
        const waitMs = await worker.step(until);
        if (waitMs > 0) await pause(waitMs, until, woken);
      }
    } finally {
      if (!this.options.streams.includes(stream)) this.workers.delete(stream.name); // it may be a replay that is done
      await destination.close();
    }
  }

  /** Tells the server that this leader is alive, and stops it when the server does not answer in time. */
  private async beat(session: LedgerSession, lost: AbortController, until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      const timer = setTimeout(() => {
        lost.abort();
        session.drop();
      }, TIMING.heartbeatLimitMs);
      await session
        .rows('SELECT 1')
        .catch(() => lost.abort())
        .finally(() => clearTimeout(timer));
      await pause(HEARTBEAT_MS, until);
    }
  }

  /** Changes a stored stream in the name of the system. What fails is tried again within seconds. */
  private async asSystem(work: (session: LedgerSession, maker: StreamMaker) => Promise<void>): Promise<void> {
    const by = 'nestjs-audit-ledger';
    const { signer } = this;
    const maker = { by, actor: { type: 'system', name: by }, signer, keys: this.options.streamSecretsKey } as const;
    await this.asSequencer((own) => work(own, maker)).catch((error: unknown) => {
      this.tellOnce(errorMessage(error));
    });
  }

  private asSequencer<Result>(work: (session: LedgerSession) => Promise<Result>): Promise<Result> {
    return LedgerSession.use(this.store.sequencerUrl, { ...SEQUENCER, name: 'streams' }, LEADER_LIMITS, work);
  }

  private async end(stream: string, reason: string): Promise<void> {
    await this.asSequencer((session) => endStream(session, stream, reason, this.signer));
    this.logger.error(`The stream ${stream} is paused: its destination wants no more (${reason}).`);
  }

  /** Looks for changed streams now, not within seconds. */
  notice(): void {
    this.changed.abort();
    this.changed = new AbortController();
    this.hurry();
  }

  private hurry(): void {
    this.wake.abort();
    this.wake = new AbortController();
  }

  private tellOnce(problem: string): void {
    if (!this.told.has(problem)) this.logger.error(problem);
    this.told.add(problem);
  }

  private report(error: unknown): void {
    const message = errorMessage(error);
    if (message !== this.error) this.logger.warn(`Streams are not sent now. ${explainUnlessOwn(error).message}`);
    this.error = message;
    this.contradicted = error instanceof ActsContradictedError ? error : undefined;
  }
}

function eitherOf(...signals: readonly AbortSignal[]): AbortSignal {
  const either = AbortSignal.any([...signals]);
  setMaxListeners(0, either);
  return either;
}

/** Waits, at most until one of the signals aborts. */
async function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  await delay(ms, undefined, { signal: AbortSignal.any([...signals]) }).catch(() => undefined);
}
