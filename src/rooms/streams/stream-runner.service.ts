import { setMaxListeners } from 'node:events';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Catalogue, ownPackage, pause as delay, setTimeout, clearTimeout, hasCode } from '../../audit/nest-free.js';
import { Sequencer } from '../../monitoring/sealer/sequencer.service.js';
import { judge, off, type Verdict } from '../../monitoring/store/check.js';
import { CheckpointSigner } from '../../monitoring/proof/signing/checkpoint-signer.service.js';
import { explainUnlessOwn } from '../../monitoring/store/sessions/classify-ledger-error.js';
import { LedgerStateReader } from '../../monitoring/store/sessions/ledger-pools.service.js';
import { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { STREAMER } from '../../monitoring/store/ledger-roles.js';
import { LeaderLoop, type LeaderRole } from '../../monitoring/operate/jobs/leader-loop.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { STORE_OPTIONS, type StoreOptions } from '../../monitoring/store/store-options.js';
import { warnInLog } from '../../monitoring/store/warn-in-log.js';
import { BatchMaker } from './batch-maker.js';
import { destinationTypeOf } from './destinations/destination-types.js';
import { endStream } from './change-stream.js';
import { enrollStream, leadStream } from './enroll-stream.js';
import { FollowedStreams, useStreamsSession } from './stream-acts.js';
import { ActiveStreams, StreamWorkers } from './manage/active-streams.js';
import { SelectedEvents } from './selected-events.js';
import { problemsOfStreams, readStreamReports } from './stream-report.js';
import type { StreamReport } from './stream.dto.js';
import { StreamThrottle } from './stream-throttle.js';
import { StreamStore } from './stream-store.js';
import { StreamWorker } from './stream-worker.js';
import { STREAMS_OPTIONS, type ResolvedStream, type StreamsSlice } from './streams-options.js';
import { TIMING } from '../../monitoring/store/timing.js';
import { streamsErrors } from './streams.errors.js';

/** The role of this instance for the streams. `off`: the options have no streams. */
export type StreamRole = LeaderRole | 'off';

export type StreamTotals = Readonly<Record<string, StreamWorker['total']>>;

/** If PostgreSQL does not answer during a send, the leader stops before another instance can get the leader's lock. */
const HEARTBEAT_MS = 1_000;
const READ_CONNECTIONS = 2;
const PROBLEMS = 'SELECT name, problem FROM audit_stream WHERE problem IS NOT NULL ORDER BY name';

interface Lead {
  readonly workers: StreamWorkers;
  readonly active: ActiveStreams;
  /** Aborted when the lead is lost. */
  readonly lost: AbortController;
  /** Aborted when the lead is lost, and when the instance ends. */
  readonly until: AbortSignal;
}

/**
 * Sends the streams of the application while this instance is the leader. Each stream has one worker. All workers stop before another instance can
 * lead: after an error, a lost connection, a missed heartbeat, or a later epoch.
 */
@Injectable()
export class StreamRunner implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly stopping = new AbortController();
  private readonly reader: LedgerReader;
  private readonly workers = new Map<string, StreamWorker>();
  private readonly pace = new StreamThrottle(this.stopping.signal, () =>
    Math.max(0, ...[...this.workers.values()].map(({ lateMs }) => lateMs)),
  );
  private wake = new AbortController();
  private readonly logged = new Set<string>();
  private readonly loop: LeaderLoop;
  private current: Lead | undefined;
  private hasReadStreams = false;
  private readonly acts: FollowedStreams;
  private readonly isOn: boolean;

  constructor(
    @Inject(STREAMS_OPTIONS) private readonly options: StreamsSlice,
    @Inject(STORE_OPTIONS) private readonly store: StoreOptions,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(CheckpointSigner) private readonly signer: CheckpointSigner,
    @Inject(Sequencer) private readonly sequencer: Sequencer,
    @Inject(LedgerStateReader) private readonly state: Pick<LedgerStateReader, 'rows'>,
  ) {
    this.isOn = options.streams.length > 0;
    const { connectionUrl } = store;
    this.reader = new LedgerReader({ connectionUrl, maxReadConnections: READ_CONNECTIONS }, warnInLog);
    this.acts = new FollowedStreams(signer, store.sequencerUrl);
    setMaxListeners(0, this.stopping.signal);
    this.loop = new LeaderLoop(store.sequencerUrl, {
      role: STREAMER,
      waits: 'sealed events wait for their streams',
      lead: (session, isFirst, signal) => this.lead(session, isFirst, signal),
      onEnd: () => this.endLead(),
      onFailure: (error) => this.logger.warn(`Streams are not sent now. ${explainUnlessOwn(error).message}`),
      tell: (level, line) => this.logger[level](line),
    });
    if (this.isOn) sequencer.onCheckpoint(() => this.hurry());
  }

  get role(): StreamRole {
    if (!this.isOn) return 'off';
    return this.loop.role === 'leading' && !this.hasReadStreams ? 'standby' : this.loop.role;
  }

  get totals(): StreamTotals {
    return Object.fromEntries([...this.workers].map(([name, worker]) => [name, worker.total]));
  }

  /** Reads the reports of all streams. The list is empty if this instance's options have no stream. */
  async reports(): Promise<readonly StreamReport[]> {
    return this.isOn ? readStreamReports(this.reader) : [];
  }

  async health(): Promise<Verdict> {
    const reports = await this.reports();
    const problems = await this.problems(reports);
    const active = reports.filter(({ state }) => state === 'active');
    const facts = {
      streams: reports.length,
      paused: reports.length - active.length,
      parked: reports.reduce((sum, { parked }) => sum + parked, 0),
      lagEvents: Math.max(0, ...active.map(({ lagEvents }) => lagEvents)),
      lagSeconds: Math.round(Math.max(0, ...active.map(({ lagSeconds }) => lagSeconds))),
    };
    const isUnused = reports.length === 0 && problems.length === 0 && this.options.streams.length === 0;
    if (isUnused) return off('The ledger has no streams.', facts);
    const paused = facts.paused === 0 ? '' : `; ${facts.paused} of them are paused`;
    const part = judge(problems, `The ledger has ${facts.streams} streams${paused}.`, facts);
    return this.loop.stranger.addTo(part);
  }

  /** Reads the problems of streams. Rejects with the errors of {@link reports}. */
  async problems(known?: readonly StreamReport[]): Promise<readonly Error[]> {
    const reports = known ?? (await this.reports());
    return [...(await this.contradictions()), ...problemsOfStreams(reports)];
  }

  /** The leader has read the contradictions itself; other instances read them from the database. */
  private async contradictions(): Promise<readonly Error[]> {
    const { lastError } = this.loop;
    if (hasCode(lastError, 'AUDIT_ACTS_CONTRADICTED')) return [lastError]; // with this error, the instance cannot lead
    const seen =
      this.current && this.hasReadStreams
        ? [...this.current.active.problems]
        : (await this.state.rows(PROBLEMS)).map(({ name, problem }) => [String(name), String(problem)] as const);
    return seen.map(([name, problem]) => streamsErrors.AUDIT_STREAM_CONTRADICTED(name, problem));
  }

  /** Starts the loop, but does not wait for the ledger: an unreachable ledger must not stop the boot. */
  onApplicationBootstrap(): void {
    if (this.isOn) this.loop.start();
  }

  /** Aborts the current attempts to send. The next leader sends the same batches again. */
  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.loop.stop();
    await this.loop.close();
    await this.reader.onApplicationShutdown();
  }

  private async lead(session: LedgerSession, isFirst: boolean, signal: AbortSignal): Promise<number | undefined> {
    if (isFirst) this.current = await this.begin(session, signal);
    const { current } = this;
    if (!current || current.until.aborted) {
      await current?.workers.end();
      return undefined;
    }
    await current.workers.match(await current.active.read());
    this.hasReadStreams = true;
    return this.loop.pauseAfter(false, TIMING.streamRowsMs);
  }

  private async begin(session: LedgerSession, signal: AbortSignal): Promise<Lead> {
    for (const stream of this.options.streams) await enrollStream(session, stream, this.acts);
    const lost = new AbortController();
    const until = eitherOf(signal, lost.signal);
    const end = (): void => {
      lost.abort();
      this.loop.wake();
    };
    const active = new ActiveStreams(session, this.options.streams, this.acts, (problem) => this.logNew(problem));
    const beat = (sent: AbortSignal): Promise<void> => this.beat(session, end, eitherOf(until, sent));
    const workers = new StreamWorkers((stream, ended) => this.work(session, stream, eitherOf(until, ended), beat), end);
    return { workers, active, lost, until };
  }

  private async endLead(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    this.hasReadStreams = false;
    current?.lost.abort();
    await current?.workers.end().catch(() => undefined); // the loop reports the error
  }

  private async work(
    session: LedgerSession,
    stream: ResolvedStream,
    until: AbortSignal,
    beat: (sent: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (this.options.streams.includes(stream)) await enrollStream(session, stream, this.acts); // somebody may have deleted its row
    const store = new StreamStore(session, stream.name, await leadStream(session, stream.name), this.acts);
    const destination = destinationTypeOf(stream.destination).open(stream.destination, {
      origin: this.signer.origin,
      version: ownPackage()?.version ?? '0',
    });
    const events = new SelectedEvents(this.reader, this.catalogue, stream.pseudonymKey, this.pace);
    const maker = new BatchMaker(stream, events, store, this.signer);
    const worker = new StreamWorker(stream, destination, store, maker, {
      signer: this.signer,
      end: (name, reason) => this.end(name, reason),
      tell: (line, isAlarm) => (isAlarm ? this.logger.error(line) : this.logger.log(line)),
      now: () => performance.now(),
      random: Math.random,
      pace: this.pace,
      beat,
      idleMs: (pauseMs) => this.loop.pauseAfter(false, pauseMs),
      isWoken: () => this.sequencer.status.role === 'leading',
    });
    this.workers.set(stream.name, worker);
    try {
      while (!until.aborted) {
        const woken = this.wake.signal; // a checkpoint during the step aborts this signal, too
        const waitMs = await worker.step(until);
        if (waitMs > 0) await pause(waitMs, until, woken);
        else this.loop.expect(TIMING.streamRowsMs);
      }
    } finally {
      if (!this.options.streams.includes(stream)) this.workers.delete(stream.name); // a stream outside the options may be gone, such as a finished replay
      await destination.close();
    }
  }

  private async beat(session: LedgerSession, end: () => void, until: AbortSignal): Promise<void> {
    await pause(HEARTBEAT_MS, until);
    while (!until.aborted) {
      const timer = setTimeout(() => {
        end();
        session.drop();
      }, TIMING.heartbeatLimitMs);
      await session
        .rows('SELECT 1')
        .catch(end)
        .finally(() => clearTimeout(timer));
      await pause(HEARTBEAT_MS, until);
    }
  }

  private async end(stream: string, reason: string): Promise<void> {
    await useStreamsSession(this.store.sequencerUrl, (session) => endStream(session, stream, reason, this.signer));
    this.logger.error(`The stream ${stream} is paused: its destination refuses further batches (${reason}).`);
  }

  /** Makes the runner read changed streams at once, if this instance is the leader. */
  notice(): void {
    this.loop.wake();
    this.hurry();
  }

  private hurry(): void {
    this.wake.abort();
    this.wake = new AbortController();
  }

  private logNew(problem: string): void {
    if (!this.logged.has(problem)) this.logger.error(problem);
    this.logged.add(problem);
  }
}

function eitherOf(...signals: readonly AbortSignal[]): AbortSignal {
  const either = AbortSignal.any([...signals]);
  setMaxListeners(0, either);
  return either;
}

async function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  await delay(ms, undefined, { signal: AbortSignal.any([...signals]) }).catch(() => undefined);
}
