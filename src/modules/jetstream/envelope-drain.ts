import { randomUUID } from 'node:crypto';
import type { Consumer, ConsumerConfig, JsMsg } from '@nats-io/jetstream';
import { errorMessage, type AuditInput } from '../../audit/plain.js';
import { appendOwnEvent } from '../monitoring/store/append-own-event.js';
import {
  classifyLedgerError,
  isMissingPartition,
  explainUnlessOwn,
} from '../monitoring/store/sessions/classify-ledger-error.js';
import { monthsOf } from '../monitoring/store/id-time.js';
import type { LedgerSession } from '../monitoring/store/sessions/ledger-session.js';
import { awaitReplicas } from '../monitoring/store/sessions/replication-wait.js';
import { hashEnvelope, idsOfEnvelope, readEnvelope, type Envelope } from './envelope.js';
import { IngestBlockedError, IngestUnavailableError, NotAnEnvelopeError } from './ingest.error.js';
import { findConflicts, holdCursor, moveTo, type IngestCursor } from './ingest-store.js';
import type { IngestStream } from './ingest-stream.js';
import { MessageBuffer } from './message-buffer.js';

/** How long a request for messages stays open, in milliseconds; the client's minimum. */
const EXPIRES_MS = 1_000;
const HEARTBEAT_MS = 500;
/** The maximum number of messages in a request. Each has up to a megabyte, all in memory. */
const MOST_MESSAGES = 32;
const MOST_EVENTS = 2_000;
const TRIM_EVERY_MS = 1_000;
/** The time after which the servers remove a consumer that nobody reads from. */
const INACTIVE_MS = 10_000;
const NANOSECONDS = 1_000_000;

/** The dependencies of a drain. */
export interface DrainPlan {
  readonly stream: string;
  readonly origin: string;
  readonly session: LedgerSession;
  /** A session that sees every committed event. */
  readonly reader: Pick<LedgerSession, 'rows'>;
  readonly nats: IngestStream;
  readonly onStored: (place: IngestCursor, events: number) => void;
  readonly warn: (line: string) => void;
}

interface Delivered {
  readonly message: JsMsg;
  readonly hash: string;
  readonly envelope: Envelope;
}

/**
 * Stores the messages of JetStream after a place, in order, until it fails. Only PostgreSQL stores the place, in one transaction with the
 * events; the servers keep a consumer only to push messages to this process. After a failure, it begins again from the place; events that
 * are delivered twice are recognised by their ids.
 */
export class EnvelopeDrain {
  private consumer: { readonly name: string; readonly pull: Consumer; delivered: number } | undefined;
  private trimmedAt = performance.now();
  private trimmed = 0;

  constructor(
    private readonly plan: DrainPlan,
    public place: IngestCursor,
  ) {}

  /** Prepares for {@link step}; call {@link end} in any case. */
  async begin(): Promise<void> {
    await this.findPlace();
    await this.consume();
  }

  /**
   * Checks that JetStream still has the last stored envelope at its place. If not, the stream was made again, or its servers lost
   * acknowledged messages: new envelopes may then have old places, so everything is read again.
   */
  private async findPlace(): Promise<void> {
    const { session, warn } = this.plan;
    const { subject, sequence } = this.place;
    if (sequence === 0 || (await this.hasPlace())) return;
    const missing = await this.missing();
    warn(
      `JetStream does not have the last stored envelope of ${subject} any more, at ${sequence}: ${
        missing
          ? `it was purged. What it had accepted from ${missing.firstMissing} to ${missing.lastMissing} was not stored and is lost.`
          : 'the stream was made again, or its servers lost what they had acknowledged. What was accepted and not stored is lost.'
      } All that it has is read again.`,
    );
    this.place = await session.inTransaction(async () => {
      await this.append('audit_ingest_rewound', { details: { subject, sequence, ...missing } });
      return moveTo(session, this.place, 0, undefined);
    });
  }

  /** The places after the last stored one that the stream has assigned, but no longer has; unknown if the stream was made again. */
  private async missing(): Promise<{ readonly firstMissing: number; readonly lastMissing: number } | undefined> {
    const { manager } = this.plan.nats;
    const { state } = await IngestUnavailableError.during(manager.streams.info(this.plan.stream));
    const firstMissing = this.place.sequence + 1;
    const lastMissing = state.first_seq - 1;
    return firstMissing <= lastMissing ? { firstMissing, lastMissing } : undefined;
  }

  private async hasPlace(): Promise<boolean> {
    const { manager } = this.plan.nats;
    const { sequence: seq } = this.place;
    const kept = await IngestUnavailableError.during(manager.streams.getMessage(this.plan.stream, { seq }));
    return kept !== null && hashEnvelope(kept.data) === this.place.envelope;
  }

  private async consume(): Promise<void> {
    const { nats, stream } = this.plan;
    const { subject, sequence } = this.place;
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
    await this.plan.nats.manager.consumers.delete(this.plan.stream, consumer.name).catch(ignore); // it ends by itself
  }

  /** Makes one request for messages, which takes up to a second. Messages that arrive while it stores are stored together. */
  async step(until: AbortSignal): Promise<void> {
    const { consumer, plan } = this;
    if (!consumer) return;
    const limits = { max_messages: MOST_MESSAGES, expires: EXPIRES_MS, idle_heartbeat: HEARTBEAT_MS };
    const buffer = new MessageBuffer(await IngestUnavailableError.during(consumer.pull.fetch(limits)));
    for (let came = await buffer.take(); came.length > 0; came = await buffer.take()) {
      await this.storeAll(came, consumer);
      if (until.aborted) return;
    }
    await holdCursor(plan.session, this.place); // also keeps the session alive
    await this.trimInTime();
  }

  private async storeAll(came: readonly JsMsg[], consumer: { delivered: number }): Promise<void> {
    const group: Delivered[] = [];
    let events = 0;
    for (const message of came) {
      consumer.delivered++;
      if (message.info.deliverySequence !== consumer.delivered)
        throw IngestUnavailableError.create('it left out a message');
      const delivered = this.open(message);
      if (delivered instanceof Error) {
        await this.store(group.splice(0));
        events = 0;
        if (!(delivered instanceof NotAnEnvelopeError))
          throw IngestBlockedError.at(this.place.subject, message.seq, delivered.message);
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
        throw new NotAnEnvelopeError('its bytes are not those that were published');
      return { message, hash, envelope: readEnvelope(this.plan.origin, message.data) };
    } catch (error) {
      return error instanceof Error ? error : new Error(errorMessage(error));
    }
  }

  /**
   * Parks a message that is not an envelope on another subject, names it in the ledger, and moves on: it has no event that this library
   * accepted.
   */
  private async park({ data, seq }: JsMsg, reason: string): Promise<void> {
    const { session, nats, stream, warn, onStored } = this.plan;
    const { subject } = this.place;
    const hash = hashEnvelope(data);
    const options = { msgID: `${seq}-${hash}`, expect: { streamName: stream } };
    const parkedOn = `${subject}~parked`;
    const { seq: parkedAt } = await IngestUnavailableError.during(nats.jetstream.publish(parkedOn, data, options));
    warn(
      `Cannot store the message at ${seq} of ${subject}: ${reason}. It is kept on ${parkedOn}, at ${parkedAt}; what is behind it is stored.`,
    );
    this.place = await session.inTransaction(async () => {
      const details = { subject, sequence: seq, parkedOn, parkedAt, sha256: hash, bytes: data.length };
      await this.append('audit_ingest_parked', { reason, details });
      return moveTo(session, this.place, seq, hash);
    });
    onStored(this.place, 0);
  }

  /** Stores envelopes in one transaction; in one each if some of their events are stored already. */
  private async store(group: readonly Delivered[]): Promise<void> {
    const last = group.at(-1);
    if (!last) return;
    const { session, onStored } = this.plan;
    try {
      const place = await session.inTransaction(async () => {
        for (const each of group) await this.insert(each, group.length === 1);
        return moveTo(session, this.place, last.message.seq, last.hash);
      });
      this.place = place;
    } catch (error) {
      if (error === STORED_BEFORE) {
        for (const each of group) await this.store([each]);
        return;
      }
      if (isMissingPartition(error)) {
        await this.makePartitions(group);
        await this.store(group);
        return;
      }
      if (classifyLedgerError(error).kind !== 'unstorable') throw error;
      if (group.length === 1) {
        const { message } = explainUnlessOwn(error);
        throw IngestBlockedError.at(this.place.subject, last.message.seq, message.replace(/\.$/, ''));
      }
      for (const each of group) await this.store([each]);
      return;
    }
    const events = group.reduce((sum, { envelope }) => sum + envelope.events, 0);
    onStored(this.place, events);
    await this.trimInTime();
  }

  private async insert({ envelope, message }: Delivered, isAlone: boolean): Promise<void> {
    const { session, reader } = this.plan;
    const { rowCount } = await session.query(envelope.statement);
    if (rowCount === envelope.events) return;
    if (!isAlone) throw STORED_BEFORE;
    const { subject } = this.place;
    for (const conflict of await findConflicts(reader, envelope.statement.values)) {
      await this.append('audit_event_conflict', { details: { ...conflict, subject, sequence: message.seq } });
    }
  }

  /** Appends an event about this worker, within the transaction that it is about. */
  private async append(type: string, said: Pick<AuditInput, 'reason' | 'details'>): Promise<void> {
    const critical = { category: 'system', severity: 'critical', actor: { type: 'system' } } as const;
    await appendOwnEvent(this.plan.session, type, { ...critical, ...said });
  }

  private async makePartitions(group: readonly Delivered[]): Promise<void> {
    for (const month of monthsOf(group.flatMap(({ envelope }) => idsOfEnvelope(envelope)))) {
      await this.plan.session.rows('SELECT audit_event_make_partition($1)', [month.toISOString()]);
    }
  }

  /** Removes messages before the place, once the replicas have the events, too. The envelope at the place stays: it marks the place. */
  private async trimInTime(): Promise<void> {
    const { nats, session, stream } = this.plan;
    const { subject, sequence } = this.place;
    // A purge up to 1 removes everything, in all known versions.
    if (sequence <= 1 || sequence === this.trimmed || performance.now() - this.trimmedAt < TRIM_EVERY_MS) return;
    await awaitReplicas(session);
    if (!(await this.hasPlace())) throw IngestUnavailableError.create('it lost the last stored envelope');
    await IngestUnavailableError.during(nats.manager.streams.purge(stream, { filter: subject, seq: sequence }));
    this.trimmed = sequence;
    this.trimmedAt = performance.now();
  }
}

/** Some events of a group are stored already: then each envelope is examined alone. */
const STORED_BEFORE = new Error('something of an envelope is stored already');

function ignore(): void {
  // The servers remove it.
}
