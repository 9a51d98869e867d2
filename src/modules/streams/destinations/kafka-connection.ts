import type { Socket } from 'node:net';
import type * as Kafkajs from 'kafkajs';
import { AddressGuard } from './address-guard.js';
import { type NetworkOptions, TIMEOUT_MS } from './network.js';

export interface KafkaConnectionOptions extends NetworkOptions {
  readonly brokers: readonly string[];
  readonly tls?: boolean;
  readonly certificate?: string;
  readonly key?: string;
  readonly sasl?: Kafkajs.SASLOptions;
}

/** kafkajs retries once by itself, with the same sequence numbers: a broker that has the messages drops them. */
const RETRY = { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000 };

/** Makes a producer whose connections are guarded, including those to brokers that the cluster names. */
export class KafkaConnection {
  private readonly guard: AddressGuard;
  private readonly sockets = new Set<Socket>();
  private current: Kafkajs.Producer | undefined;

  constructor(private readonly options: KafkaConnectionOptions) {
    this.guard = new AddressGuard(options);
  }

  async producer({ Kafka, Partitioners, logLevel }: typeof Kafkajs): Promise<Kafkajs.Producer> {
    if (this.current) return this.current;
    const { brokers, sasl, timeoutMs = TIMEOUT_MS } = this.options;
    const kafka = new Kafka({
      ...{ brokers: [...brokers], clientId: 'nestjs-audit-ledger', logLevel: logLevel.NOTHING, retry: RETRY },
      ...{ connectionTimeout: timeoutMs, authenticationTimeout: timeoutMs, requestTimeout: timeoutMs },
      ...(sasl === undefined ? {} : { sasl }),
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
