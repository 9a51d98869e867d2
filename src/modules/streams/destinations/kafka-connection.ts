import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AddressGuard } from './address-guard.js';
import { TIMEOUT_MS, type NetworkOptions } from './network-options.js';
import type { NameLookup } from './public-addresses.js';

/** A message as kafkajs takes it. */
export interface KafkaMessage {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** The members of a kafkajs producer that are used here. */
export interface KafkaProducer {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  send(request: {
    readonly topic: string;
    readonly acks: number;
    readonly timeout: number;
    readonly messages: readonly KafkaMessage[];
  }): Promise<unknown>;
}
interface KafkaPackage {
  readonly Kafka: new (options: Readonly<Record<string, unknown>>) => {
    producer(options: Readonly<Record<string, unknown>>): KafkaProducer;
  };
  readonly Partitioners: { readonly DefaultPartitioner: unknown };
}

/** How to reach a cluster. */
export interface KafkaConnectionOptions extends NetworkOptions {
  readonly brokers: readonly string[];
  readonly tls?: boolean;
  readonly certificate?: string;
  readonly key?: string;
  readonly sasl?: object;
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly onConnect: () => void;
}

const LOG_NOTHING = 0;
/** kafkajs retries once by itself, with the same sequence numbers: a broker that has the messages drops them. */
const RETRY = { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000 };

/** Makes a producer whose connections are guarded, including those to brokers that the cluster names. */
export class KafkaConnection {
  private readonly guard: AddressGuard;
  private readonly sockets = new Set<Socket>();
  private current: KafkaProducer | undefined;

  constructor(
    private readonly options: KafkaConnectionOptions,
    find?: NameLookup,
  ) {
    this.guard = new AddressGuard(options.allowPrivateAddresses, find);
  }

  /**
   * Connects, and returns the producer.
   *
   * @param client the package kafkajs
   */
  async producer(client: unknown): Promise<KafkaProducer> {
    if (this.current) return this.current;
    const { Kafka, Partitioners } = client as KafkaPackage; // of this package
    const { brokers, sasl, timeoutMs = TIMEOUT_MS } = this.options;
    const kafka = new Kafka({
      ...{ brokers, clientId: 'nestjs-audit-ledger', logLevel: LOG_NOTHING, retry: RETRY },
      ...{ connectionTimeout: timeoutMs, authenticationTimeout: timeoutMs, requestTimeout: timeoutMs },
      ...(sasl === undefined ? {} : { sasl }),
      socketFactory: (target: Target) => this.open(target),
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
  private open({ host, port, onConnect }: Target): Socket {
    if (!this.current) throw new Error('the stream closed the connection'); // kafkajs may try again after that
    this.guard.check(host);
    const { tls = true, ca, certificate: cert, key } = this.options;
    const { lookup } = this.guard;
    const target = { host, port, ...(lookup && { lookup }) };
    const given = { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert, key }) };
    const socket = tls
      ? connectTls({ ...target, ...given, minVersion: 'TLSv1.2' }, onConnect)
      : connectTcp(target, onConnect);
    this.sockets.add(socket);
    return socket.once('close', () => this.sockets.delete(socket));
  }
}
