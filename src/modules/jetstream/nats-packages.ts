import { PackageMissingError } from '../monitoring/errors/package-missing.error.js';

/** The members of `@nats-io/transport-node` that are used here. */
export interface NatsTransport {
  connect(options: Readonly<Record<string, unknown>>): Promise<NatsConnection>;
  credsAuthenticator(credentials: Uint8Array): unknown;
}

export interface NatsConnection {
  readonly info?: { readonly max_payload: number; readonly version: string; readonly server_name?: string };
  isClosed(): boolean;
  close(): Promise<void>;
}

/** The members of `@nats-io/jetstream` that are used here. */
export interface JetStreamPackage {
  jetstream(connection: NatsConnection, options: Readonly<Record<string, unknown>>): JetStream;
  jetstreamManager(connection: NatsConnection, options: Readonly<Record<string, unknown>>): Promise<JetStreamManager>;
}

export interface JetStream {
  publish(
    subject: string,
    payload: Uint8Array,
    options: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly seq: number; readonly duplicate: boolean }>;
  readonly consumers: { get(stream: string, name: string): Promise<NatsConsumer> };
}

export interface NatsConsumer {
  fetch(options: Readonly<Record<string, number>>): Promise<AsyncIterable<DeliveredMessage>>;
}

export interface DeliveredMessage {
  readonly seq: number;
  readonly data: Uint8Array;
  readonly info: { readonly deliverySequence: number };
  readonly headers?: { get(name: string): string } | undefined;
}

/** The configuration of a stream, in the server's words. */
export interface StreamConfig {
  readonly subjects?: readonly string[];
  readonly retention: string;
  readonly discard: string;
  readonly storage: string;
  readonly num_replicas: number;
  readonly max_age: number;
  readonly max_msgs_per_subject: number;
  readonly sealed?: boolean;
  readonly deny_purge?: boolean;
}

export interface JetStreamManager {
  readonly streams: {
    info(stream: string): Promise<{
      readonly config: StreamConfig;
      /** `first_seq` is one more than `last_seq` in an empty stream; `last_seq` survives purges, but not a new stream. */
      readonly state: { readonly first_seq: number; readonly last_seq: number };
    }>;
    add(config: Readonly<Record<string, unknown>>): Promise<{ readonly config: StreamConfig }>;
    purge(stream: string, options: Readonly<Record<string, unknown>>): Promise<unknown>;
    getMessage(
      stream: string,
      query: Readonly<Record<string, unknown>>,
    ): Promise<{ readonly seq: number; readonly data: Uint8Array } | null>;
  };
  readonly consumers: {
    add(stream: string, config: Readonly<Record<string, unknown>>): Promise<{ readonly name: string }>;
    delete(stream: string, name: string): Promise<unknown>;
  };
}

/** @throws PackageMissingError (`AUDIT_PACKAGE_MISSING`) where one of the packages is not installed */
export async function loadNats(): Promise<{ readonly transport: NatsTransport; readonly client: JetStreamPackage }> {
  const transport = (await load('@nats-io/transport-node')) as NatsTransport; // of this package
  return { transport, client: (await load('@nats-io/jetstream')) as JetStreamPackage }; // of this package
}

async function load(name: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (error) {
    throw PackageMissingError.ofIngest(name, error);
  }
}
