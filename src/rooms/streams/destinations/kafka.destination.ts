import type { Socket } from 'node:net';
import { z } from 'zod';
import type * as Kafkajs from 'kafkajs';
import { pairOf, SWITCH, TEXT, wholeNumber, wordOf, type Given } from '../../../audit/option-schemas.js';
import { errorMessage } from '../../../audit/nest-free.js';
import { defineDestination } from '../define-destination.js';
import type { FormatSource } from '../formats/format-source.js';
import type {
  BatchPreview,
  StreamResult,
  StreamBatch,
  StreamDestination,
  StreamedEvent,
} from '../stream-destination.js';
import { batchFacts, lineOf, STREAM_FORMATS, type StreamFormat } from '../formats/stream-format.js';
import { entriesOf } from '../formats/streamed-entries.js';
import { AddressGuard } from './address-guard.js';
import { groupWithin } from './group-within.js';
import { attemptWithin, loadClient } from './network.js';
import { NETWORK, type NetworkOptions } from './option-schemas.js';
import { previewOf, refuseLarge, type EntryMessage } from './refuse-large.js';
import { serversOf } from '../../../monitoring/store/connections/server-list.js';

const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** kafkajs retries once with the same producer sequence, so a broker drops messages that it already has. */
const RETRY = { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000 };

const TOPIC = /^[\w.-]{1,249}$/;
/** The maximum number of bytes that Kafka adds to each key, value or header. */
const FRAME_BYTES = 10;
const CONTENT_TYPES: Readonly<Partial<Record<StreamFormat, string>>> = {
  cloudevents: 'application/cloudevents+json; charset=UTF-8',
  cef: 'text/plain; charset=UTF-8',
};
const REFUSALS: readonly unknown[] = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'];

const NO_TOPIC = 'must have 1 to 249 letters, digits, dots, hyphens and underscores';
const OPTIONS = {
  /** Some brokers of the cluster, as `host:port`. */
  brokers: serversOf('kafka.example.com:9093'),
  /** An existing topic. The stream does not create topics. */
  topic: z.string(NO_TOPIC).regex(TOPIC, NO_TOPIC),
  /** Whether TLS is required. */
  tls: SWITCH.default(true),
  /** A client certificate in PEM. Set `key`, too. */
  certificate: z.string().optional(),
  /** The key of `certificate`, in PEM. */
  key: z.string().optional(),
  /** The SASL login. */
  sasl: z
    .object({ mechanism: wordOf(SASL_MECHANISMS), username: TEXT, password: TEXT })
    .readonly()
    .optional(),
  /** The format of a message. */
  format: wordOf(STREAM_FORMATS).default('json'),
  /** The `max.message.bytes` of the topic: 1,024 to 100,000,000. The stream parks larger events. */
  maxMessageBytes: wholeNumber(1_024, 100_000_000).default(1_000_000),
};

/** A topic of Apache Kafka, or of a compatible server. Install `kafkajs`. */
export interface KafkaDestinationOptions extends Given<typeof OPTIONS>, NetworkOptions {
  readonly type: 'kafka';
}

const SCHEMA = z.object({ ...OPTIONS, ...NETWORK }).refine(...pairOf('certificate', 'key'));

interface KafkaMessage extends Kafkajs.Message {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Record<string, string>;
}

interface SizedMessage extends EntryMessage {
  readonly message: KafkaMessage;
}

/**
 * Produces one message for each event. The tenant is the key, so the events of a tenant are ordered in one partition. All in-sync replicas
 * must acknowledge a batch. The guard checks connections to the configured brokers, and to the brokers that the cluster names.
 */
class KafkaDestination implements StreamDestination {
  private readonly guard: AddressGuard;
  private readonly sockets = new Set<Socket>();
  private producer: Kafkajs.Producer | undefined;

  constructor(
    private readonly options: z.output<typeof SCHEMA>,
    private readonly source: FormatSource,
  ) {
    this.guard = new AddressGuard(options);
  }

  async send(batch: StreamBatch, signal: AbortSignal): Promise<StreamResult> {
    const client = await loadClient<typeof Kafkajs>('kafkajs', 'kafka');
    const { timeoutMs, maxMessageBytes, topic } = this.options;
    const messages = entriesOf(batch).map((entry) => this.messageOf(entry, batch));
    const refused = refuseLarge(messages, maxMessageBytes, `maxMessageBytes (${maxMessageBytes})`);
    if (refused) return refused;
    // In a request, Kafka combines the messages of a partition into one batch, and limits the batch to `max.message.bytes`.
    const parts = groupWithin(
      messages.map(({ message }) => message),
      sizeOf,
      { mostBytes: maxMessageBytes },
    );
    const result = await attemptWithin(timeoutMs, signal, async (any): Promise<StreamResult> => {
      try {
        const producer = this.producer ?? (await this.connect(client));
        for (const part of parts) {
          any.throwIfAborted();
          await producer.send({ topic, acks: -1, timeout: timeoutMs, messages: part });
        }
        return { outcome: 'accepted' };
      } catch (error) {
        return judgeFailure(error);
      }
    });
    if (result.outcome !== 'accepted') await this.close();
    return result;
  }

  preview(batch: StreamBatch): BatchPreview {
    const { maxMessageBytes } = this.options;
    const to = describe(this.options);
    const messages = entriesOf(batch).map((entry) => this.messageOf(entry, batch));
    return previewOf(messages, maxMessageBytes, `maxMessageBytes (${maxMessageBytes})`, ({ message }) => ({
      ...{ to: `${to}, key ${message.key}`, headers: message.headers, body: message.value.toString() },
    }));
  }

  /** Breaks the connections, because a hanging broker would delay a normal disconnect. */
  async close(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    for (const socket of this.sockets) socket.destroy(new Error('the stream closed the connection'));
    await producer?.disconnect().catch(() => undefined);
  }

  private async connect({ Kafka, Partitioners, logLevel }: typeof Kafkajs): Promise<Kafkajs.Producer> {
    const { brokers, sasl, timeoutMs } = this.options;
    const kafka = new Kafka({
      ...{ brokers: [...brokers], clientId: 'nestjs-audit-ledger', logLevel: logLevel.NOTHING, retry: RETRY },
      ...{ connectionTimeout: timeoutMs, authenticationTimeout: timeoutMs, requestTimeout: timeoutMs },
      ...(sasl && { sasl: sasl as Kafkajs.SASLOptions }), // all supported SASL mechanisms need a name and a password
      socketFactory: (target) => this.open(target),
    });
    const { DefaultPartitioner: createPartitioner } = Partitioners;
    const producer = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner,
      retry: RETRY,
    });
    this.producer = producer;
    await producer.connect();
    return producer;
  }

  private open({ host, port, onConnect }: Kafkajs.ISocketFactoryArgs): Socket {
    if (!this.producer) throw new Error('the stream closed the connection'); // kafkajs may retry after close()
    const socket = this.guard.connect(host, port, this.options.tls ? this.options : undefined, onConnect);
    this.sockets.add(socket);
    return socket.once('close', () => this.sockets.delete(socket));
  }

  private messageOf(entry: StreamedEvent, batch: StreamBatch): SizedMessage {
    const { format } = this.options;
    const key = entry.event.tenantId ?? this.source.origin;
    const facts = Object.entries(batchFacts(batch, entry)).map(([name, value]) => [
      `audit-batch-${name}`,
      String(value),
    ]);
    const headers: Record<string, string> = {
      'content-type': CONTENT_TYPES[format] ?? 'application/json',
      'audit-event-id': entry.id,
      'audit-index': String(entry.index),
      'audit-leaf-hash': entry.leafHash,
      ...(Object.fromEntries(facts) as Record<string, string>),
    };
    const value = Buffer.from(lineOf(format, entry, this.source));
    return { entry, bytes: value, message: { key, value, headers } };
  }
}

function sizeOf({ key, value, headers }: KafkaMessage): number {
  const texts = [key, ...Object.entries(headers).flat()];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + FRAME_BYTES, value.length + FRAME_BYTES);
}

function judgeFailure(error: unknown): StreamResult {
  const { type, cause } = Object(error) as { readonly type?: unknown; readonly cause?: unknown }; // kafkajs wraps the broker's error
  const code = type ?? (Object(cause) as { readonly type?: unknown }).type;
  if (REFUSALS.includes(code)) return { outcome: 'refused', reason: `${String(code)}: ${errorMessage(error)}` };
  if (code !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
  throw new Error(`the topic does not exist, or the login may not see it: ${errorMessage(error)}`, {
    cause: error,
  });
}

function describe({ brokers, topic }: z.output<typeof SCHEMA>): string {
  return `kafka ${brokers.join(',')} ${topic}`;
}

export const kafka = defineDestination({
  type: 'kafka',
  options: SCHEMA,
  secrets: ['key', 'sasl'],
  describe,
  acknowledgement: 'stored',
  create: (options, source) => new KafkaDestination(options, source),
});
