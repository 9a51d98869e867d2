import { isIP } from 'node:net';
import type * as Client from '@nats-io/jetstream';
import type * as Transport from '@nats-io/transport-node';
import type { FormatSource } from '../formats/format-source.js';
import type {
  BatchPreview,
  DestinationType,
  StreamAnswer,
  StreamBatch,
  StreamDestination,
  StreamedEvent,
} from '../stream-destination.js';
import { batchFacts, lineOf, STREAM_FORMATS, type StreamFormat } from '../formats/stream-format.js';
import { entriesOf } from '../formats/streamed-entries.js';
import { AddressGuard, type NameLookup } from './address-guard.js';
import {
  attemptWithin,
  loadClient,
  NETWORK_NAMES,
  problemsOfNetwork,
  TIMEOUT_MS,
  type NetworkOptions,
} from './network.js';
import { problemsOfText, problemsOfWord } from '../../monitoring/connections/option-problems.js';
import { refuseLarge } from './refuse-large.js';
import { identityOf, hostOfServer, problemsOfServers } from '../../monitoring/connections/server-list.js';

/** A stream of NATS JetStream. Install `@nats-io/transport-node` and `@nats-io/jetstream`. */
export interface NatsDestinationOptions extends NetworkOptions {
  readonly type: 'nats';
  /** The servers, as `host:port`. */
  readonly servers: readonly string[];
  /** A subject of the JetStream stream. */
  readonly subject: string;
  /** The user name of the login. Set `password`, too. */
  readonly username?: string;
  /** The password of `username`. */
  readonly password?: string;
  /** A token, instead of a name and a password. */
  readonly token?: string;
  /** Whether TLS is required. @defaultValue true */
  readonly tls?: boolean;
  /** The format of a message. @defaultValue 'json' */
  readonly format?: StreamFormat;
}

/** These bytes of `max_payload` are for headers: a checkpoint with some cosignatures fits into them. */
const HEADER_BYTES = 8_192;

/** Publishes one message for each event. Within its duplicate window, JetStream drops messages with a repeated `Nats-Msg-Id`. */
export class NatsDestination implements StreamDestination {
  private readonly guard: AddressGuard;
  private connection: Transport.NatsConnection | undefined;

  /** @param find resolves host names. @defaultValue the operating system's lookup */
  constructor(
    private readonly options: NatsDestinationOptions,
    private readonly source: FormatSource,
    find?: NameLookup,
  ) {
    this.guard = new AddressGuard(options, find);
  }

  async send(batch: StreamBatch, signal: AbortSignal): Promise<StreamAnswer> {
    const transport = await loadClient<typeof Transport>('@nats-io/transport-node', 'nats');
    const { jetstream } = await loadClient<typeof Client>('@nats-io/jetstream', 'nats');
    const { timeoutMs: timeout = TIMEOUT_MS, subject } = this.options;
    const answer = await attemptWithin(timeout, signal, async (any) => {
      const connection = await this.connect(transport, any);
      const messages = entriesOf(batch).map((entry) => ({ entry, bytes: this.payloadOf(entry) }));
      const limit = (connection.info?.max_payload ?? Infinity) - HEADER_BYTES;
      const refused = refuseLarge(messages, limit, "the server's max_payload");
      if (refused) return refused;
      const stream = jetstream(connection, { timeout });
      await Promise.all(
        messages.map(({ entry, bytes }) => {
          const headers = transport.headers();
          for (const [name, value] of Object.entries(headersOf(entry, batch))) headers.set(name, value);
          return stream.publish(subject, bytes, { msgID: entry.id, headers, timeout });
        }),
      );
      return { outcome: 'accepted' };
    });
    if (answer.outcome === 'retry') await this.close();
    return answer;
  }

  /** Returns all messages, because without a connection, the server's limit `max_payload` is unknown. */
  preview(batch: StreamBatch): BatchPreview {
    const to = NATS_DESTINATION.describe(this.options);
    const messages = entriesOf(batch).map((entry) => ({
      ...{ to, headers: { 'Nats-Msg-Id': entry.id, ...headersOf(entry, batch) } },
      body: this.payloadOf(entry).toString(),
    }));
    return { messages };
  }

  async close(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    await connection?.close();
  }

  private payloadOf(entry: StreamedEvent): Buffer {
    return Buffer.from(lineOf(this.options.format ?? 'json', entry, this.source));
  }

  /** The client ignores other servers of the cluster, because {@link AddressGuard} did not check their addresses. */
  private async connect(transport: typeof Transport, signal: AbortSignal): Promise<Transport.NatsConnection> {
    if (this.connection && !this.connection.isClosed()) return this.connection;
    const targets = await Promise.all(this.options.servers.map((server) => this.targetOf(server)));
    let failure: unknown;
    for (const target of targets) {
      signal.throwIfAborted();
      try {
        const connection = await transport.connect(target);
        if (signal.aborted) await connection.close(); // the attempt is over
        signal.throwIfAborted();
        this.connection = connection;
        return connection;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  private async targetOf(server: string): Promise<Transport.NodeConnectionOptions> {
    const { username: user, password: pass = '', token, tls = true, ca, timeoutMs = TIMEOUT_MS } = this.options;
    const host = hostOfServer(server);
    const port = server.slice(server.lastIndexOf(':'));
    const servers = (await this.guard.resolve(host)).map((address) => inBrackets(address) + port);
    const secured = {
      ...(isIP(host) === 0 && { servername: host }), // TLS does not allow an IP address as the server name
      ...(ca !== undefined && { ca }),
      checkServerIdentity: identityOf([server]),
    };
    return {
      ...{ servers, timeout: timeoutMs, reconnect: false, ignoreClusterUpdates: true, name: 'nestjs-audit-ledger' },
      ...(user === undefined ? {} : { user, pass }),
      ...(token === undefined ? {} : { token }),
      ...(tls && { tls: secured }),
    };
  }
}

function inBrackets(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}

/** The checkpoint is in base64, because a header cannot have line breaks. */
function headersOf(entry: StreamedEvent, batch: StreamBatch): Readonly<Record<string, string>> {
  const { checkpoint, ...facts } = batchFacts(batch, entry);
  const headers = Object.entries(facts).map(([name, value]) => [`Audit-Batch-${name}`, String(value)]);
  return {
    ...(Object.fromEntries(headers) as Record<string, string>),
    ...(checkpoint === undefined ? {} : { 'Audit-Batch-checkpoint': Buffer.from(checkpoint).toString('base64') }),
  };
}

export const NATS_DESTINATION: DestinationType<NatsDestinationOptions> = {
  names: {
    ...{ type: true, servers: true, subject: true, username: true, password: 'secret', token: 'secret', tls: true },
    ...{ format: true, ...NETWORK_NAMES },
  },
  problems: ({ servers, subject, format, ...others }) => [
    ...problemsOfServers('servers', servers, 'nats.example.com:4222'),
    ...problemsOfText('subject', subject),
    ...problemsOfWord('format', format, STREAM_FORMATS),
    ...problemsOfNetwork(others),
  ],
  describe: ({ servers, subject }) => `nats ${servers.join(',')} ${subject}`,
  acknowledgement: 'stored',
  create: (options, source) => new NatsDestination(options, source),
};
