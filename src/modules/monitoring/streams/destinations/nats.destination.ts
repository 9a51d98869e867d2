import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { errorMessage } from '../../../../audit/index.js';
import { batchFacts } from '../formats/batch-facts.js';
import type { FormatSource, StreamedLedgerEvent } from '../formats/format-source.js';
import { lineOf, STREAM_FORMATS, type StreamFormat } from '../formats/stream-format.js';
import { entriesOf } from '../formats/streamed-entries.js';
import type { StreamAnswer, StreamBatch, StreamDestination } from '../stream-destination.js';
import { AddressGuard } from './address-guard.js';
import { problemsOfNumber, type DestinationType } from './destination-type.js';
import { loadClient, type ImportPackage } from './load-client.js';
import { problemsOfText, problemsOfWord } from './option-problems.js';

/** A stream of NATS JetStream, by `@nats-io/transport-node` and `@nats-io/jetstream`, which you install. */
export interface NatsDestinationOptions {
  readonly type: 'nats';
  /** `host:port` of each server. */
  readonly servers: readonly string[];
  /** A subject of the JetStream stream. */
  readonly subject: string;
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  /** Whether TLS is required, and with `ca`, by which certificates. @defaultValue true */
  readonly tls?: boolean;
  /** Certificates that sign the servers', in PEM. Default: those of Node. */
  readonly ca?: string;
  /** @defaultValue 'json' */
  readonly format?: StreamFormat;
  /** How long the server may take to acknowledge: 100 to 300,000. @defaultValue 15000 */
  readonly timeoutMs?: number;
  /** Whether the servers may be in your own network. @defaultValue false */
  readonly allowPrivateAddresses?: boolean;
}

/** What is used of the packages. */
interface NatsHeaders {
  set(name: string, value: string): void;
}
interface NatsConnection {
  readonly info?: { readonly max_payload: number };
  isClosed(): boolean;
  close(): Promise<void>;
}
interface Transport {
  connect(options: Readonly<Record<string, unknown>>): Promise<NatsConnection>;
  headers(): NatsHeaders;
}
interface JetStream {
  publish(subject: string, payload: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<unknown>;
}
interface JetStreamPackage {
  readonly jetstream: (connection: NatsConnection, options: Readonly<Record<string, unknown>>) => JetStream;
}

const TRANSPORT = '@nats-io/transport-node';
const JETSTREAM = '@nats-io/jetstream';
const TIMEOUT_MS = 15_000;
/** How much of the largest payload headers may take: a checkpoint with some cosignatures. */
const HEADER_BYTES = 8_192;

/** Publishes an event a message. JetStream drops a message whose `Nats-Msg-Id` it had within the stream's duplicate window. */
export class NatsDestination implements StreamDestination {
  readonly acknowledgement = 'stored';
  private readonly guard: AddressGuard;
  private connection: NatsConnection | undefined;

  /** @param load imports the packages */
  constructor(
    private readonly options: NatsDestinationOptions,
    private readonly source: FormatSource,
    private readonly load?: ImportPackage,
  ) {
    this.guard = new AddressGuard(options.allowPrivateAddresses);
  }

  async send(batch: StreamBatch, signal: AbortSignal): Promise<StreamAnswer> {
    const transport = (await loadClient(TRANSPORT, 'nats', this.load)) as Transport; // of this package
    const { jetstream } = (await loadClient(JETSTREAM, 'nats', this.load)) as JetStreamPackage; // of this package
    try {
      signal.throwIfAborted();
      const connection = await this.connect(transport);
      const messages = entriesOf(batch).map((entry) => ({ entry, payload: this.payloadOf(entry) }));
      const limit = (connection.info?.max_payload ?? Infinity) - HEADER_BYTES;
      const large = messages.filter(({ entry, payload }) => payload.length > limit && isEventOf(batch, entry));
      if (large.length > 0) {
        const reason = `its message is longer than the server's max_payload`;
        return { outcome: 'refused', reason, events: large.map(({ entry }) => entry.id) };
      }
      const { timeoutMs: timeout = TIMEOUT_MS, subject } = this.options;
      const stream = jetstream(connection, { timeout });
      await Promise.all(
        messages.map(({ entry, payload }) => {
          const headers = transport.headers();
          for (const [name, value] of Object.entries(batchFacts(batch, entry))) {
            headers.set(`Audit-Batch-${name}`, String(value).replaceAll('\n', ' '));
          }
          return stream.publish(subject, payload, { msgID: entry.id, headers, timeout });
        }),
      );
      return { outcome: 'accepted' };
    } catch (error) {
      await this.close();
      return { outcome: 'retry', reason: errorMessage(error) };
    }
  }

  async close(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    await connection?.close();
  }

  private payloadOf(entry: StreamedLedgerEvent): Buffer {
    return Buffer.from(lineOf(this.options.format ?? 'json', entry, this.source));
  }

  /** Stays with the given servers: others of the cluster are not learnt, nor connected to without a check. */
  private async connect(transport: Transport): Promise<NatsConnection> {
    if (this.connection && !this.connection.isClosed()) return this.connection;
    const { servers, username: user, password: pass, token, tls = true, ca, timeoutMs = TIMEOUT_MS } = this.options;
    await Promise.all(servers.map((server) => this.guard.resolve(hostOf(server))));
    this.connection = await transport.connect({
      ...{ servers, timeout: timeoutMs, reconnect: false, ignoreClusterUpdates: true, name: 'nestjs-audit-ledger' },
      ...(user === undefined ? {} : { user, pass }),
      ...(token === undefined ? {} : { token }),
      ...(tls ? { tls: { ...(ca === undefined ? {} : { ca }), checkServerIdentity: identityOf(servers) } } : {}),
    });
    return this.connection;
  }
}

/** The package leaves the name open for a server that is given by its address, and Node then checks the name `localhost`. */
function identityOf(servers: readonly string[]): typeof checkServerIdentity {
  const hosts = servers.map(hostOf);
  return (name, certificate) => {
    if (hosts.includes(name)) return checkServerIdentity(name, certificate);
    const errors = hosts.filter((host) => isIP(host) !== 0).map((host) => checkServerIdentity(host, certificate));
    return errors.includes(undefined) ? undefined : (errors[0] ?? new Error('the certificate is for another server'));
  };
}

function hostOf(server: string): string {
  return new URL(`nats://${server}`).hostname.replace(/^\[|\]$/g, '');
}

function isEventOf({ events }: StreamBatch, { id }: StreamedLedgerEvent): boolean {
  return events.some((event) => event.id === id);
}

export const NATS_DESTINATION: DestinationType<NatsDestinationOptions> = {
  names: {
    ...{ type: true, servers: true, subject: true, username: true, password: true, token: true, tls: true, ca: true },
    ...{ format: true, timeoutMs: true, allowPrivateAddresses: true },
  },
  problems: ({ servers, subject, format, timeoutMs }) => [
    ...(Array.isArray(servers) && servers.length > 0 && servers.every(isServer)
      ? []
      : ['servers must be a list such as ["nats.example.com:4222"]']),
    ...problemsOfText('subject', subject),
    ...problemsOfWord('format', format, STREAM_FORMATS),
    ...problemsOfNumber('timeoutMs', timeoutMs, [100, 300_000]),
  ],
  describe: ({ servers, subject }) => `nats ${servers.join(',')} ${subject}`,
  acknowledgement: 'stored',
  create: (options, source) => new NatsDestination(options, source),
};

function isServer(server: unknown): boolean {
  return typeof server === 'string' && /^(\[[\da-f:]+\]|[^\s:/@]+):\d{1,5}$/i.test(server);
}
