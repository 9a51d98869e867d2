import type { Socket } from 'node:net';
import type * as Kafkajs from 'kafkajs';
import type { StreamFormat } from '../formats/stream-format.js';
import { AddressGuard } from './address-guard.js';
import { TIMEOUT_MS, type NetworkOptions } from './network.js';

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** A topic of Apache Kafka, or of a server that speaks its protocol, by `kafkajs`, which you install. */
export interface KafkaDestinationOptions extends NetworkOptions {
  readonly type: 'kafka';
  /** `host:port` of some brokers of the cluster. */
  readonly brokers: readonly string[];
  /** An existing topic: the stream creates none. */
  readonly topic: string;
  /** Whether TLS is required. @defaultValue true */
  readonly tls?: boolean;
  /** The certificate that the brokers ask for, in PEM, with its `key`. */
  readonly certificate?: string;
  /** With `certificate`, in PEM. */
  readonly key?: string;
  /** The login, by SASL. */
  readonly sasl?: {
    readonly mechanism: (typeof SASL_MECHANISMS)[number];
    readonly username: string;
    readonly password: string;
  };
  /** What a message is. @defaultValue 'json' */
  readonly format?: StreamFormat;
  /** The `max.message.bytes` of the topic: 1,024 to 100,000,000. The stream parks an event beyond it. @defaultValue 1000000 */
  readonly maxMessageBytes?: number;
}

/** kafkajs retries once by itself, with the same sequence numbers: a broker that has the messages drops them. */
const RETRY = { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000 };

/** Makes a producer whose connections are guarded, including those to brokers that the cluster names. */
export class KafkaConnection {
  private readonly guard: AddressGuard;
  private readonly sockets = new Set<Socket>();
  private current: Kafkajs.Producer | undefined;

  constructor(private readonly options: KafkaDestinationOptions) {
    this.guard = new AddressGuard(options);
  }

  async producer({ Kafka, Partitioners, logLevel }: typeof Kafkajs): Promise<Kafkajs.Producer> {
    if (this.current) return this.current;
    const { brokers, sasl, timeoutMs = TIMEOUT_MS } = this.options;
    const kafka = new Kafka({
      ...{ brokers: [...brokers], clientId: 'nestjs-audit-ledger', logLevel: logLevel.NOTHING, retry: RETRY },
      ...{ connectionTimeout: timeoutMs, authenticationTimeout: timeoutMs, requestTimeout: timeoutMs },
      ...(sasl && { sasl: sasl as Kafkajs.SASLOptions }), // all of these mechanisms take a name and a password
      socketFactory: (target) => this.open(target),
    });
    const { DefaultPartitioner: createPartitioner } = Partitioners;
    const producer = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner,
      retry: RETRY,
    });
    this.current = producer;
    await producer.connect();
    return producer;
  }

  /** Breaks the connections, so that nothing waits for a broker that hangs. */
  async close(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    for (const socket of this.sockets) socket.destroy(new Error('the stream closed the connection'));
    await current?.disconnect().catch(() => undefined);
  }

  /** @throws PrivateAddressError (`AUDIT_STREAM_ADDRESS_PRIVATE`) */
  private open({ host, port, onConnect }: Kafkajs.ISocketFactoryArgs): Socket {
    if (!this.current) throw new Error('the stream closed the connection'); // kafkajs may try again after that
    const socket = this.guard.connect(host, port, (this.options.tls ?? true) ? this.options : undefined, onConnect);
    this.sockets.add(socket);
    return socket.once('close', () => this.sockets.delete(socket));
  }
}
