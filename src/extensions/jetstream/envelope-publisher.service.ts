import { pause, getErrorMessage, hasCode } from '../../audit/nest-free.js';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { AuditAggregator, type AuditEvent } from '../../audit/index.js';
import { SIGNING_OPTIONS, type SigningOptions } from '../../monitoring/proof/signing/signing-options.js';
import type { LedgerIngest } from '../../monitoring/store/ledger-extensions.service.js';
import { LedgerPool, LedgerStateReader } from '../../monitoring/store/sessions/ledger-pools.service.js';
import { PrimaryReader } from '../../monitoring/store/ledger-reader.service.js';
import { awaitReplicas } from '../../monitoring/store/sessions/replication-wait.js';
import { Periodic } from '../../monitoring/operate/jobs/periodic.js';
import { getWriterKeys } from '../../monitoring/inbox/known-writers.js';
import { Sequencer } from '../../monitoring/sealer/sequencer.service.js';
import { TIMING } from '../../monitoring/store/timing.js';
import { EnvelopeSource } from './envelope-source.js';
import { hashEnvelope, writeEnvelopes } from './envelope.js';
import { INGEST_OPTIONS, type ResolvedIngest } from './ingest-options.js';
import { describePromises, readPromises } from './durability-guarantee.js';
import { assess, type Verdict } from '../../monitoring/store/check.js';
import { readCursor } from './ingest-store.js';
import { loadNats, NATS_TIMEOUT_MS, openStream, formatSubject, type IngestStream } from './ingest-stream.js';
import { jetStreamErrors } from './jetstream.errors.js';
import { explainIngestErrors } from './ingest.error.js';

const CHECK_EVERY_MS = 10;
const CHECK_LEADER_MS = 2_000;
const LATE_AFTER_SECONDS = 60;

const SETTLE_EVERY_MS = 50;
const SETTLE_TRIES = 100;
const TIME_EVERY_MS = 1_000;
const MAX_TIMES = 1_000;

const COUNT_STORED = `
  SELECT count(*)::int AS stored FROM unnest($1::uuid[]) AS wanted (id)
   WHERE EXISTS (SELECT FROM audit_event WHERE id = wanted.id) OR wanted.id IN (SELECT event_id FROM audit_waiting($1::uuid[]))`;

/**
 * Publishes events to JetStream, and seals them from there while this instance leads.
 */
@Injectable()
export class EnvelopePublisher implements LedgerIngest, OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuditLedger');
  private readonly subject: string;
  private readonly source: EnvelopeSource;
  private readonly leaderChecks: Periodic;
  private opening: Promise<IngestStream> | undefined;
  private readonly times = new PendingTimes();
  /** The highest sequence number of this process's envelopes. */
  private acknowledged = 0;

  constructor(
    @Inject(INGEST_OPTIONS) private readonly ingest: ResolvedIngest,
    @Inject(SIGNING_OPTIONS) private readonly signing: Pick<SigningOptions, 'origin'>,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(LedgerPool) private readonly pool: LedgerPool,
    @Inject(PrimaryReader) private readonly reader: PrimaryReader,
    @Inject(LedgerStateReader) private readonly state: LedgerStateReader,
    @Inject(Sequencer) private readonly sequencer: Pick<Sequencer, 'addSource' | 'requestSource' | 'onWrite'>,
  ) {
    const { origin } = signing;
    this.subject = formatSubject(ingest, origin);
    this.source = new EnvelopeSource({
      ...{ stream: ingest.stream, subject: this.subject, origin, login: ingest },
      open: () => this.open(),
      awaitReplicas: () => pool.use(awaitReplicas),
      wake: (isUrgent) => sequencer.onWrite(isUrgent || ingest.acknowledge === 'recorded' ? 0 : TIMING.sealMs),
      log: (level, line) => this.logger[level](line),
      warn: (line) => this.logger.error(line),
    });
    this.leaderChecks = new Periodic({
      step: () => this.checkLeader(),
      everyMs: CHECK_LEADER_MS,
      onFailure: () => undefined,
    });
  }

  /**
   * Logs which failures an accepted event survives. Unreachable servers do not stop the boot: the spill stores events until JetStream
   * answers.
   *
   * @throws `AUDIT_INGEST_UNSAFE` if the stream could lose events, or a server does not meet the option `require`;
   *   `AUDIT_PACKAGE_MISSING`
   */
  async onModuleInit(): Promise<void> {
    const { ingest, logger } = this;
    await loadNats();
    const promises = await readPromises(ingest);
    const lacking = promises.filter(({ syncs }) => syncs !== true).map(({ server, text }) => `${server}: ${text}`);
    if (ingest.requiresFsync && lacking.length > 0) throw jetStreamErrors.AUDIT_INGEST_UNSAFE.fsync(lacking);
    logger.log(`Events go to JetStream first, on ${this.subject}. ${describePromises(ingest, promises)}`);
    try {
      const { manager } = await this.open();
      const newest = await manager.streams.getMessage(ingest.stream, { last_by_subj: this.subject });
      if (newest) this.times.add(newest.seq); // nobody may have sealed it yet
    } catch (error) {
      if (hasCode(error, 'AUDIT_INGEST_UNSAFE')) throw error;
      logger.warn(getErrorMessage(error));
    }
  }

  /**
   * Publishes events. With `acknowledge: 'accepted'`, resolves with `accepted` as soon as more than half of the stream's servers have all
   * events. With `acknowledge: 'recorded'`, resolves with `undefined` as soon as the ledger has all events.
   *
   * @throws `AUDIT_INGEST_UNAVAILABLE`, `AUDIT_INGEST_UNSAFE`
   */
  async publish(
    events: readonly AuditEvent[],
    lines: readonly string[],
    signal?: AbortSignal,
  ): Promise<'accepted' | undefined> {
    const stream = await this.open();
    const envelopes = writeEnvelopes(this.signing.origin, lines, getWriterKeys(this.pool), stream.maxBytes);
    const sequences = await Promise.all(envelopes.map((envelope) => this.publishOne(stream, envelope)));
    const last = Math.max(...sequences);
    this.times.add(last);
    this.leaderChecks.runSoon(CHECK_LEADER_MS);
    if (this.ingest.acknowledge !== 'recorded') return 'accepted';
    const ids = events.map(({ id }) => id);
    await this.untilStored(last, ids, signal);
    return undefined;
  }

  async health(): Promise<Verdict> {
    const { sequence, problem } = await readCursor(this.state, this.subject);
    const waitingSeconds = Math.round(this.times.waitingSeconds(sequence));
    const late = waitingSeconds > LATE_AFTER_SECONDS ? jetStreamErrors.AUDIT_INGEST_LATE(waitingSeconds) : undefined;
    const problems = [problem === undefined ? late : { message: problem }];
    return assess(problems, 'The ledger has what JetStream accepted.', { waitingSeconds });
  }

  /**
   * Waits up to five seconds until the ledger has all messages that JetStream has now. Returns `undefined` if the ledger has the messages,
   * otherwise a clause that gives the reason. Never rejects.
   */
  async settle(): Promise<string | undefined> {
    try {
      const { manager } = await this.open();
      const newest = await manager.streams.getMessage(this.ingest.stream, { last_by_subj: this.subject });
      for (let tries = 0; tries < SETTLE_TRIES; tries++) {
        const { sequence } = await readCursor(this.state, this.subject);
        if (!newest || sequence >= newest.seq) return undefined;
        await pause(SETTLE_EVERY_MS);
      }
      return 'events that JetStream accepted earlier still wait for the ledger';
    } catch (error) {
      return `events that JetStream accepted may wait for the ledger (${getErrorMessage(error).replace(/\.$/, '')})`;
    }
  }

  onApplicationBootstrap(): void {
    this.sequencer.addSource(this.source);
    this.leaderChecks.start();
  }

  /** Resolves when all recorded events are published. The ledger may not have all published events yet. */
  async onApplicationShutdown(): Promise<void> {
    await this.leaderChecks.stop();
    await this.aggregator.drain();
    await this.source.stop();
    const stream = await this.opening?.catch(() => undefined);
    await stream?.connection.close();
  }

  /** The leader may be an instance without JetStreamModule. Resolves with the pause before the next check. */
  private async checkLeader(): Promise<number> {
    if (!this.times.isAny) return TIMING.outboxCheckMs;
    const { sequence } = await readCursor(this.state, this.subject);
    await this.sequencer.requestSource(this.source.name, this.times.waitingSeconds(sequence) * 1_000);
    return CHECK_LEADER_MS;
  }

  private async open(): Promise<IngestStream> {
    const { ingest } = this;
    this.opening ??= explainIngestErrors(openStream(ingest, this.subject), ingest);
    const { opening } = this;
    try {
      const stream = await opening;
      if (!stream.connection.isClosed()) return stream;
    } catch (error) {
      if (this.opening === opening) this.opening = undefined;
      throw error;
    }
    if (this.opening === opening) this.opening = undefined;
    return this.open();
  }

  private async publishOne({ jetstream }: IngestStream, envelope: Buffer): Promise<number> {
    const options = {
      msgID: hashEnvelope(envelope),
      expect: { streamName: this.ingest.stream },
      timeout: NATS_TIMEOUT_MS,
    };
    const { acknowledged } = this;
    const { seq, duplicate } = await explainIngestErrors(
      jetstream.publish(this.subject, envelope, options),
      this.ingest,
    );
    if (seq <= acknowledged && !duplicate) this.onRewound(acknowledged);
    this.acknowledged = Math.max(seq, this.acknowledged);
    return seq;
  }

  private onRewound(acknowledged: number): void {
    if (this.acknowledged !== acknowledged) return; // a concurrent call has already noted this rewind
    this.acknowledged = 0;
    const { subject } = this;
    this.logger.error(
      `JetStream assigned sequence numbers on ${subject} again, although it had acknowledged ${acknowledged}. ` +
        'Somebody made the stream again, or its servers lost acknowledged messages. Accepted events that never reached the ledger are lost.',
    );
    const [severity, details] = ['critical', { subject, acknowledged }] as const;
    this.aggregator
      .record('audit_ingest_rewound', { category: 'system', severity, actor: { type: 'system' }, details })
      .catch((error: unknown) => this.logger.error(getErrorMessage(error)));
  }

  /** The cursor alone proves nothing: JetStream may assign the sequence numbers of lost messages again. */
  private async untilStored(sequence: number, ids: readonly string[], signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const cursor = await readCursor(this.state, this.subject);
      if (cursor.sequence >= sequence) {
        const [row] = await this.reader.eventRows({ scope: 'all' }, COUNT_STORED, [ids]);
        if (row?.stored === ids.length) break;
      }
      await pause(CHECK_EVERY_MS);
    }
    await this.pool.use(awaitReplicas, signal);
  }
}

/** Measures how long the oldest accepted envelope has waited for the ledger. */
class PendingTimes {
  private times: { sequence: number; readonly atMs: number }[] = [];

  add(sequence: number, nowMs = performance.now()): void {
    const last = this.times.at(-1);
    const isNew = !last || (this.times.length < MAX_TIMES && nowMs - last.atMs >= TIME_EVERY_MS);
    if (isNew) this.times.push({ sequence, atMs: nowMs });
    else last.sequence = Math.max(last.sequence, sequence);
  }

  get isAny(): boolean {
    return this.times.length > 0;
  }

  /** Returns the age in seconds of the oldest envelope that is not in the ledger, or 0. */
  waitingSeconds(stored: number, nowMs = performance.now()): number {
    this.times = this.times.filter(({ sequence }) => sequence > stored);
    const [oldest] = this.times;
    return oldest ? (nowMs - oldest.atMs) / 1_000 : 0;
  }
}
