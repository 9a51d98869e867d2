import { randomUUID } from 'node:crypto';
import type { Consumer, ConsumerConfig, JsMsg } from '@nats-io/jetstream';
import { getErrorMessage } from '../../audit/nest-free.js';
import { hashEnvelope, readEnvelope, type Envelope } from './envelope.js';
import { NotAnEnvelopeError, explainIngestErrors } from './ingest.error.js';
import type { IngestCursor } from './ingest-store.js';
import type { IngestStream } from './ingest-stream.js';
import { jetStreamErrors } from './jetstream.errors.js';

/** The client of NATS allows no shorter time. */
const EXPIRES_MS = 1_000;
const HEARTBEAT_MS = 500;
/** The most bytes of a request. A message has up to a megabyte. */
const REQUEST_BYTES = 4 * 1024 * 1024;
/** While so much waits, no further request is made. */
const FULL_BYTES = 8 * 1024 * 1024;
const FULL_MESSAGES = 1_000;
/** With so many messages, a seal is cheap for each of them. */
const SEAL_MESSAGES = 64;
const PURGE_EVERY_MS = 1_000;
const INACTIVE_MS = 10_000;
const NANOSECONDS = 1_000_000;

/** What the leader stores next. The cursor then moves to its sequence number and hash. */
export type FedMessage = FedEnvelope | FedEvent;

interface FedEnvelope extends IngestCursor {
  readonly storedAt: Date;
  readonly content: Envelope;
}

/** An event of the ledger about JetStream: a message that is not an envelope, or messages that are lost. */
interface FedEvent extends IngestCursor {
  readonly type: 'audit_ingest_parked' | 'audit_ingest_rewound';
  readonly reason?: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface FeedPlan {
  readonly stream: string;
  readonly subject: string;
  readonly origin: string;
  readonly open: () => Promise<IngestStream>;
  /** Resolves when the synchronous replicas have what is committed. */
  readonly awaitReplicas: () => Promise<void>;
  /** Called when something waits, and when the feed has failed. `isUrgent` if more waits than a seal needs. */
  readonly wake: (isUrgent: boolean) => void;
  readonly warn: (line: string) => void;
}

/**
 * Reads the messages of JetStream in the background, in order, from the cursor on, until a failure. PostgreSQL stores the cursor in one
 * transaction with the events, so the feed does not acknowledge messages. A new feed resumes at the cursor. The leader recognises a second
 * delivery of an event by the event's id.
 */
export class EnvelopeFeed {
  private fed: FedMessage[] = [];
  private bytes = 0;
  private error: Error | undefined;
  private isEnded = false;
  private onDrained: () => void = () => undefined;
  private running: Promise<void> | undefined;
  private delivered = 0;
  private trimmedAt = performance.now();
  private trimmed = 0;

  constructor(
    private readonly plan: FeedPlan,
    private stored: IngestCursor,
  ) {}

  start(): void {
    this.running = this.run().catch((error: unknown) => {
      this.error = error instanceof Error ? error : new Error(getErrorMessage(error));
      this.plan.wake(true);
    });
  }

  /** Ends the feed, and forgets what the leader has not stored. Never rejects. */
  async end(): Promise<void> {
    this.isEnded = true;
    this.fed = [];
    this.onDrained();
    await this.running;
  }

  /** The cursor of what is stored. */
  get cursor(): IngestCursor {
    return this.stored;
  }

  /** What the leader has not stored yet, in order. Each call returns the same until {@link onStored}. */
  get waiting(): readonly FedMessage[] {
    return this.fed;
  }

  /** The reason why nothing follows what waits; `undefined` while the feed works. */
  get failure(): Error | undefined {
    return this.error;
  }

  /** Called when the oldest `count` of what waits are committed. */
  onStored(count: number): void {
    const last = this.fed.splice(0, count).at(-1);
    if (last) this.stored = last;
    if (this.fed.length > 0) return;
    this.bytes = 0;
    this.onDrained();
  }

  private async run(): Promise<void> {
    const nats = await this.plan.open();
    await this.rewindIfLost(nats);
    const consumer = await this.consume(nats);
    try {
      while (!this.isEnded) await this.fetch(nats, consumer.pull);
    } finally {
      // If this fails, the servers remove the consumer later.
      if (!nats.connection.isClosed())
        await nats.manager.consumers.delete(this.plan.stream, consumer.name).catch(() => undefined);
    }
  }

  /** If the last stored envelope is missing, the stream is new or has lost messages. New envelopes may then have old sequence numbers. */
  private async rewindIfLost(nats: IngestStream): Promise<void> {
    const { subject, warn } = this.plan;
    const { sequence } = this.stored;
    if (sequence === 0 || (await this.hasLastStored(nats))) return;
    const missing = await this.missing(nats);
    warn(
      `JetStream lacks message ${sequence} of ${subject}, the last one in the ledger. ${
        missing
          ? `The stream was purged. Messages ${missing.firstMissing} to ${missing.lastMissing} never reached the ledger, and are lost.`
          : 'Somebody made the stream again, or its servers lost acknowledged messages. Accepted events that never reached the ledger are lost.'
      } The leader reads all messages of the stream again.`,
    );
    const details = { subject, sequence, ...missing };
    this.add({ type: 'audit_ingest_rewound', details, sequence: 0, envelope: undefined });
    await this.untilStored();
  }

  private async missing(
    nats: IngestStream,
  ): Promise<{ readonly firstMissing: number; readonly lastMissing: number } | undefined> {
    const { state } = await explainIngestErrors(nats.manager.streams.info(this.plan.stream));
    const firstMissing = this.stored.sequence + 1;
    const lastMissing = state.first_seq - 1;
    return firstMissing <= lastMissing ? { firstMissing, lastMissing } : undefined;
  }

  private async hasLastStored(nats: IngestStream): Promise<boolean> {
    const { sequence: seq } = this.stored;
    const message = await explainIngestErrors(nats.manager.streams.getMessage(this.plan.stream, { seq }));
    return message !== null && hashEnvelope(message.data) === this.stored.envelope;
  }

  private async consume(nats: IngestStream): Promise<{ readonly name: string; readonly pull: Consumer }> {
    const { stream, subject } = this.plan;
    const config: Partial<ConsumerConfig> = {
      ...{ name: `ledger-${randomUUID()}`, description: 'The leader of the audit ledger', filter_subject: subject },
      ack_policy: 'none',
      replay_policy: 'instant',
      deliver_policy: 'by_start_sequence',
      opt_start_seq: this.stored.sequence + 1,
      ...{ mem_storage: true, num_replicas: 1, inactive_threshold: INACTIVE_MS * NANOSECONDS },
    };
    const { name } = await explainIngestErrors(nats.manager.consumers.add(stream, config));
    return { name, pull: await explainIngestErrors(nats.jetstream.consumers.get(stream, name)) };
  }

  /** Makes one request for messages, which takes up to a second. Waits for the leader while much waits. */
  private async fetch(nats: IngestStream, pull: Consumer): Promise<void> {
    const limits = { max_bytes: REQUEST_BYTES, expires: EXPIRES_MS, idle_heartbeat: HEARTBEAT_MS };
    try {
      for await (const message of await pull.fetch(limits)) {
        if (this.isEnded) return;
        if (message.info.deliverySequence !== ++this.delivered)
          throw jetStreamErrors.AUDIT_INGEST_UNAVAILABLE('it skipped a message');
        this.bytes += message.data.length;
        this.add(await this.read(nats, message));
      }
    } catch (error) {
      await this.untilStored();
      throw error;
    }
    if (this.fed.length > FULL_MESSAGES || this.bytes > FULL_BYTES) await this.untilStored();
    await this.trimInTime(nats);
  }

  private async read(nats: IngestStream, message: JsMsg): Promise<FedMessage> {
    const { seq: sequence, data } = message;
    const envelope = hashEnvelope(data);
    try {
      if (message.headers?.get('Nats-Msg-Id') !== envelope)
        throw new NotAnEnvelopeError('its bytes differ from the published bytes');
      return { sequence, envelope, storedAt: message.time, content: readEnvelope(this.plan.origin, data) };
    } catch (error) {
      if (!(error instanceof NotAnEnvelopeError))
        throw jetStreamErrors.AUDIT_INGEST_BLOCKED(this.plan.subject, sequence, getErrorMessage(error));
      return { ...(await this.park(nats, message, error.message)), sequence, envelope };
    }
  }

  /** The message contains no event that this library accepted, so the leader may continue with the next message. */
  private async park(
    nats: IngestStream,
    { data, seq: sequence }: JsMsg,
    reason: string,
  ): Promise<Pick<FedEvent, 'type' | 'reason' | 'details'>> {
    const { stream, subject, warn } = this.plan;
    const sha256 = hashEnvelope(data);
    const options = { msgID: `${sequence}-${sha256}`, expect: { streamName: stream } };
    const parkedOn = `${subject}~parked`;
    const { seq: parkedAt } = await explainIngestErrors(nats.jetstream.publish(parkedOn, data, options));
    warn(
      `Cannot store message ${sequence} of ${subject}: ${reason}. Message ${parkedAt} of ${parkedOn} is a copy of this message. The leader continues with the next message.`,
    );
    const details = { subject, sequence, parkedOn, parkedAt, sha256, bytes: data.length };
    return { type: 'audit_ingest_parked', reason, details };
  }

  private add(fed: FedMessage): void {
    if (this.isEnded) return;
    this.fed.push(fed);
    this.plan.wake(this.fed.length > SEAL_MESSAGES);
  }

  private async untilStored(): Promise<void> {
    if (this.fed.length === 0 || this.isEnded) return;
    await new Promise<void>((resolve) => (this.onDrained = resolve));
  }

  /**
   * The messages stay in the stream until the synchronous replicas have the events. The last stored envelope stays, for {@link
   * rewindIfLost}.
   */
  private async trimInTime(nats: IngestStream): Promise<void> {
    const { stream, subject, awaitReplicas } = this.plan;
    const { sequence } = this.stored;
    // A purge with the sequence number 1 removes all messages, in all known versions of the servers.
    if (sequence <= 1 || sequence === this.trimmed || performance.now() - this.trimmedAt < PURGE_EVERY_MS) return;
    await awaitReplicas();
    if (!(await this.hasLastStored(nats)))
      throw jetStreamErrors.AUDIT_INGEST_UNAVAILABLE('it lost the last stored envelope');
    await explainIngestErrors(nats.manager.streams.purge(stream, { filter: subject, seq: sequence }));
    this.trimmed = sequence;
    this.trimmedAt = performance.now();
  }
}
