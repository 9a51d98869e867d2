import { randomUUID } from 'node:crypto';
import type { Consumer, ConsumerConfig, JsMsg } from '@nats-io/jetstream';
import { errorMessage, type AuditInput } from '../../audit/plain.js';
import { appendOwnEvent } from '../../monitoring/inbox/append-own-event.js';
import { wakeLeader } from '../../monitoring/store/await-sealed.js';
import { insertRows } from '../../monitoring/inbox/inbox-row.js';
import { classifyLedgerError, explainUnlessOwn } from '../../monitoring/store/sessions/classify-ledger-error.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { awaitReplicas } from '../../monitoring/store/sessions/replication-wait.js';
import { hashEnvelope, readEnvelope, type Envelope } from './envelope.js';
import { IngestBlockedError, IngestUnavailableError, NotAnEnvelopeError } from './ingest.error.js';
import { holdCursor, moveTo, type IngestCursor } from './ingest-store.js';
import type { IngestStream } from './ingest-stream.js';
import { MessageBuffer } from './message-buffer.js';

/** The client of NATS allows no shorter time. */
const EXPIRES_MS = 1_000;
const HEARTBEAT_MS = 500;
/** All messages of a request are in memory, and each message has up to a megabyte. */
const MOST_MESSAGES = 32;
const MOST_EVENTS = 2_000;
const TRIM_EVERY_MS = 1_000;
const INACTIVE_MS = 10_000;
const NANOSECONDS = 1_000_000;

export interface DrainPlan {
  readonly stream: string;
  readonly origin: string;
  readonly session: LedgerSession;
  readonly nats: IngestStream;
  readonly onStored: (events: number) => void;
  readonly warn: (line: string) => void;
}

interface Delivered {
  readonly message: JsMsg;
  readonly hash: string;
  readonly envelope: Envelope;
}

/**
 * Moves the messages of JetStream to the inbox, in order, from the cursor on, until a failure. PostgreSQL stores the cursor in one transaction
 * with the events, so the drain does not acknowledge messages. A new drain resumes at the cursor. The sealer recognises a second delivery of
 * an event by the event's id.
 */
export class EnvelopeDrain {
  private consumer: { readonly name: string; readonly pull: Consumer; delivered: number } | undefined;
  private trimmedAt = performance.now();
  private trimmed = 0;

  constructor(
    private readonly plan: DrainPlan,
    public cursor: IngestCursor,
  ) {}

  /** Checks the cursor, and makes the consumer for {@link step}. Call {@link end} afterwards, even if this method fails. */
  async begin(): Promise<void> {
    await this.checkCursor();
    await this.consume();
  }

  /** If the last stored envelope is missing, the stream is new or has lost messages. New envelopes may then have old sequence numbers. */
  private async checkCursor(): Promise<void> {
    const { session, warn } = this.plan;
    const { subject, sequence } = this.cursor;
    if (sequence === 0 || (await this.hasLastStored())) return;
    const missing = await this.missing();
    warn(
      `JetStream lacks message ${sequence} of ${subject}, the last one in the ledger. ${
        missing
          ? `The stream was purged. Messages ${missing.firstMissing} to ${missing.lastMissing} never reached the ledger, and are lost.`
          : 'Somebody made the stream again, or its servers lost acknowledged messages. Accepted events that never reached the ledger are lost.'
      } The worker reads all messages of the stream again.`,
    );
    this.cursor = await session.inTransaction(async () => {
      await this.append('audit_ingest_rewound', { details: { subject, sequence, ...missing } });
      return moveTo(session, this.cursor, 0, undefined);
    });
  }

  private async missing(): Promise<{ readonly firstMissing: number; readonly lastMissing: number } | undefined> {
    const { manager } = this.plan.nats;
    const { state } = await IngestUnavailableError.during(manager.streams.info(this.plan.stream));
    const firstMissing = this.cursor.sequence + 1;
    const lastMissing = state.first_seq - 1;
    return firstMissing <= lastMissing ? { firstMissing, lastMissing } : undefined;
  }

  private async hasLastStored(): Promise<boolean> {
    const { manager } = this.plan.nats;
    const { sequence: seq } = this.cursor;
    const message = await IngestUnavailableError.during(manager.streams.getMessage(this.plan.stream, { seq }));
    return message !== null && hashEnvelope(message.data) === this.cursor.envelope;
  }

  private async consume(): Promise<void> {
    const { nats, stream } = this.plan;
    const { subject, sequence } = this.cursor;
    const config: Partial<ConsumerConfig> = {
      ...{ name: `ledger-${randomUUID()}`, description: 'The worker of the audit ledger', filter_subject: subject },
      ack_policy: 'none',
      replay_policy: 'instant',
      deliver_policy: 'by_start_sequence',
      opt_start_seq: sequence + 1,
      ...{ mem_storage: true, num_replicas: 1, inactive_threshold: INACTIVE_MS * NANOSECONDS },
    };
    const { name } = await IngestUnavailableError.during(nats.manager.consumers.add(stream, config));
    const pull = await IngestUnavailableError.during(nats.jetstream.consumers.get(stream, name));
    this.consumer = { name, pull, delivered: 0 };
  }

  /** Never rejects. */
  async end(): Promise<void> {
    const { consumer } = this;
    this.consumer = undefined;
    if (!consumer || this.plan.nats.connection.isClosed()) return;
    await this.plan.nats.manager.consumers.delete(this.plan.stream, consumer.name).catch(ignore); // if this fails, the servers remove the consumer later
  }

  /**
   * Makes one request for messages, which takes up to a second. Messages that arrive during a transaction are stored in the next
   * transaction.
   */
  async step(until: AbortSignal): Promise<void> {
    const { consumer, plan } = this;
    if (!consumer) return;
    const limits = { max_messages: MOST_MESSAGES, expires: EXPIRES_MS, idle_heartbeat: HEARTBEAT_MS };
    const buffer = new MessageBuffer(await IngestUnavailableError.during(consumer.pull.fetch(limits)));
    for (let came = await buffer.take(); came.length > 0; came = await buffer.take()) {
      await this.storeAll(came, consumer);
      if (until.aborted) return;
    }
    await holdCursor(plan.session, this.cursor); // checks the cursor, and keeps the session alive
    await this.trimInTime();
  }

  private async storeAll(came: readonly JsMsg[], consumer: { delivered: number }): Promise<void> {
    const group: Delivered[] = [];
    let events = 0;
    for (const message of came) {
      consumer.delivered++;
      if (message.info.deliverySequence !== consumer.delivered)
        throw IngestUnavailableError.create('it skipped a message');
      const delivered = this.open(message);
      if (delivered instanceof Error) {
        await this.store(group.splice(0));
        events = 0;
        if (!(delivered instanceof NotAnEnvelopeError))
          throw IngestBlockedError.at(this.cursor.subject, message.seq, delivered.message);
        await this.park(message, delivered.message);
        continue;
      }
      group.push(delivered);
      events += delivered.envelope.events;
      if (events < MOST_EVENTS) continue;
      await this.store(group.splice(0));
      events = 0;
    }
    await this.store(group);
  }

  private open(message: JsMsg): Delivered | Error {
    const hash = hashEnvelope(message.data);
    try {
      if (message.headers?.get('Nats-Msg-Id') !== hash)
        throw new NotAnEnvelopeError('its bytes differ from the published bytes');
      return { message, hash, envelope: readEnvelope(this.plan.origin, message.data) };
    } catch (error) {
      return error instanceof Error ? error : new Error(errorMessage(error));
    }
  }

  /** The message contains no event that this library accepted, so the drain may continue with the next message. */
  private async park({ data, seq }: JsMsg, reason: string): Promise<void> {
    const { session, nats, stream, warn, onStored } = this.plan;
    const { subject } = this.cursor;
    const hash = hashEnvelope(data);
    const options = { msgID: `${seq}-${hash}`, expect: { streamName: stream } };
    const parkedOn = `${subject}~parked`;
    const { seq: parkedAt } = await IngestUnavailableError.during(nats.jetstream.publish(parkedOn, data, options));
    warn(
      `Cannot store message ${seq} of ${subject}: ${reason}. Message ${parkedAt} of ${parkedOn} is a copy of this message. The worker continues with the next message.`,
    );
    this.cursor = await session.inTransaction(async () => {
      const details = { subject, sequence: seq, parkedOn, parkedAt, sha256: hash, bytes: data.length };
      await this.append('audit_ingest_parked', { reason, details });
      return moveTo(session, this.cursor, seq, hash);
    });
    onStored(0);
  }

  private async store(group: readonly Delivered[]): Promise<void> {
    const last = group.at(-1);
    if (!last) return;
    const { session, onStored } = this.plan;
    try {
      this.cursor = await session.inTransaction(async () => {
        for (const { envelope } of group) await session.query(insertRows(envelope.rows));
        await wakeLeader(session);
        return moveTo(session, this.cursor, last.message.seq, last.hash);
      });
    } catch (error) {
      if (classifyLedgerError(error).kind !== 'unstorable') throw error;
      if (group.length === 1) {
        const { message } = explainUnlessOwn(error);
        throw IngestBlockedError.at(this.cursor.subject, last.message.seq, message.replace(/\.$/, ''));
      }
      for (const each of group) await this.store([each]);
      return;
    }
    const events = group.reduce((sum, { envelope }) => sum + envelope.events, 0);
    onStored(events);
    await this.trimInTime();
  }

  private async append(type: string, facts: Pick<AuditInput, 'reason' | 'details'>): Promise<void> {
    const critical = { category: 'system', severity: 'critical', actor: { type: 'system' } } as const;
    await appendOwnEvent(this.plan.session, type, { ...critical, ...facts });
  }

  /**
   * The messages stay in the stream until the synchronous replicas have the events. The last stored envelope stays, for {@link
   * checkCursor}.
   */
  private async trimInTime(): Promise<void> {
    const { nats, session, stream } = this.plan;
    const { subject, sequence } = this.cursor;
    // A purge with the sequence number 1 removes all messages, in all known versions of the servers.
    if (sequence <= 1 || sequence === this.trimmed || performance.now() - this.trimmedAt < TRIM_EVERY_MS) return;
    await awaitReplicas(session);
    if (!(await this.hasLastStored())) throw IngestUnavailableError.create('it lost the last stored envelope');
    await IngestUnavailableError.during(nats.manager.streams.purge(stream, { filter: subject, seq: sequence }));
    this.trimmed = sequence;
    this.trimmedAt = performance.now();
  }
}

function ignore(): void {
  // The failed deletion is harmless, since the servers remove the consumer later.
}
