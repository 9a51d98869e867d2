import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { FormatSource } from '../formats/format-source.js';
import type {
  BatchPreview,
  DestinationType,
  StreamAnswer,
  StreamBatch,
  StreamDestination,
} from '../stream-destination.js';
import { batchFacts, lineOf } from '../formats/stream-format.js';
import { entriesOf } from '../formats/streamed-entries.js';
import { syslogMessageOf, syslogParametersOf } from '../formats/syslog-message.js';
import { AddressGuard } from './address-guard.js';
import { attemptWithin, NETWORK_NAMES, problemsOfNetwork, TIMEOUT_MS, type NetworkOptions } from './network.js';
import {
  problemsOfNumber,
  problemsOfPair,
  problemsOfText,
  problemsOfWord,
} from '../../../monitoring/store/connections/option-problems.js';
import { previewOf, refuseLarge, type EntryMessage } from './refuse-large.js';

const SYSLOG_FORMATS = ['json', 'cef'] as const;

const TRANSPORTS = ['tls', 'tcp'] as const;

/** A syslog server, which receives RFC 5424 messages over TLS (RFC 5425) or TCP, with octet counting. Syslog has no acknowledgements. */
export interface SyslogDestinationOptions extends NetworkOptions {
  readonly type: 'syslog';
  /** The name or the address of the server. */
  readonly host: string;
  /** The port of the server: 1 to 65,535. @defaultValue 6514, and 601 for TCP */
  readonly port?: number;
  /** `tls` (RFC 5425), or `tcp` without encryption. @defaultValue 'tls' */
  readonly transport?: (typeof TRANSPORTS)[number];
  /** The format of a message's text. @defaultValue 'json' */
  readonly format?: (typeof SYSLOG_FORMATS)[number];
  /** The largest message that the server accepts: 2,048 to 1,000,000 bytes. The stream parks larger events. @defaultValue 8192 */
  readonly maxMessageBytes?: number;
  /** The number of recent messages that are sent again after a broken connection: 0 to 100,000. @defaultValue 1000 */
  readonly overlap?: number;
  /** Your IANA private enterprise number. @defaultValue 32473, the number for documentation */
  readonly enterpriseNumber?: number;
  /** A client certificate in PEM. Set `key`, too. */
  readonly certificate?: string;
  /** The key of `certificate`, in PEM. */
  readonly key?: string;
}

const DEFAULTS = { maxMessageBytes: 8_192, overlap: 1_000, enterpriseNumber: 32_473 };
const PORTS = { tls: 6_514, tcp: 601 };

/**
 * Sends a message for each event. After a broken connection, the destination repeats the recent messages, because syslog does not confirm
 * messages.
 */
export class SyslogDestination implements StreamDestination {
  private readonly guard: AddressGuard;
  private socket: Socket | undefined;
  private recent: readonly Buffer[] = [];

  constructor(
    private readonly options: SyslogDestinationOptions,
    private readonly source: FormatSource,
  ) {
    this.guard = new AddressGuard(options);
  }

  async send(batch: StreamBatch, signal: AbortSignal): Promise<StreamAnswer> {
    const { maxMessageBytes = DEFAULTS.maxMessageBytes, timeoutMs = TIMEOUT_MS } = this.options;
    const messages = this.messagesOf(batch);
    const refused = refuseLarge(messages, maxMessageBytes, `maxMessageBytes (${maxMessageBytes})`);
    if (refused) return refused;
    const answer = await attemptWithin(timeoutMs, signal, async (any) => {
      await this.write(messages.map(framed), any);
      return { outcome: 'accepted' };
    });
    if (answer.outcome !== 'accepted') this.disconnect();
    return answer;
  }

  preview(batch: StreamBatch): BatchPreview {
    const { maxMessageBytes = DEFAULTS.maxMessageBytes } = this.options;
    const to = SYSLOG_DESTINATION.describe(this.options);
    return previewOf(this.messagesOf(batch), maxMessageBytes, `maxMessageBytes (${maxMessageBytes})`, (message) => ({
      ...{ to, headers: {}, body: framed(message).toString() },
    }));
  }

  async close(): Promise<void> {
    const { socket } = this;
    this.socket = undefined;
    if (!socket) return;
    socket.end(() => socket.destroy());
    await once(socket, 'close').catch(() => undefined); // after an error, the connection is closed, too
  }

  private messagesOf(batch: StreamBatch): readonly EntryMessage[] {
    const { format = 'json', enterpriseNumber = DEFAULTS.enterpriseNumber } = this.options;
    return entriesOf(batch).map((entry) => {
      const elements = {
        ...(format === 'json' ? { event: syslogParametersOf(entry) } : {}),
        batch: batchFacts(batch, entry),
      };
      const text = lineOf(format, entry, this.source);
      return { entry, bytes: Buffer.from(syslogMessageOf(entry, this.source, { text, elements, enterpriseNumber })) };
    });
  }

  private async write(frames: readonly Buffer[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const known = this.socket;
    const socket = known ?? (await this.connect(signal));
    const bytes = Buffer.concat(known ? frames : [...this.recent, ...frames]);
    await new Promise<void>((resolve, reject) => {
      const gone = (): void => reject(new Error('the server closed the connection'));
      socket.once('close', gone);
      socket.write(bytes, (error) => {
        socket.off('close', gone);
        if (error) reject(error);
        else resolve();
      });
    });
    const { overlap = DEFAULTS.overlap } = this.options;
    this.recent = overlap === 0 ? [] : [...this.recent, ...frames].slice(-overlap);
  }

  private async connect(signal: AbortSignal): Promise<Socket> {
    const { host, transport = 'tls', port = PORTS[transport] } = this.options;
    const socket = this.guard.connect(host, port, transport === 'tls' ? this.options : undefined);
    try {
      await once(socket, transport === 'tls' ? 'secureConnect' : 'connect', { signal });
    } catch (error) {
      socket.on('error', () => undefined).destroy();
      throw error;
    }
    const lost = (): void => {
      if (this.socket === socket) this.disconnect();
    };
    socket.on('error', lost).on('end', lost).on('close', lost).resume(); // reads and ignores data from the server
    this.socket = socket;
    return socket;
  }

  private disconnect(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }
}

/** Frames a message as in RFC 5425, section 4.3: the length in bytes, a space, and the message. */
function framed({ bytes }: EntryMessage): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}

export const SYSLOG_DESTINATION: DestinationType<SyslogDestinationOptions> = {
  names: {
    ...{ type: true, host: true, port: true, transport: true, format: true, maxMessageBytes: true, overlap: true },
    ...{ enterpriseNumber: true, certificate: true, key: 'secret', ...NETWORK_NAMES },
  },
  problems: ({ host, port, transport, format, maxMessageBytes, overlap, enterpriseNumber, ...others }) => [
    ...problemsOfText('host', host),
    ...problemsOfNumber('port', port, [1, 65_535]),
    ...problemsOfWord('transport', transport, TRANSPORTS),
    ...problemsOfWord('format', format, SYSLOG_FORMATS),
    ...problemsOfNumber('maxMessageBytes', maxMessageBytes, [2_048, 1_000_000]),
    ...problemsOfNumber('overlap', overlap, [0, 100_000]),
    ...problemsOfNumber('enterpriseNumber', enterpriseNumber, [1, 4_294_967_295]),
    ...problemsOfPair('certificate and key', others.certificate, others.key),
    ...problemsOfNetwork(others),
  ],
  describe: ({ host, transport = 'tls', port = PORTS[transport] }) => `syslog ${transport}://${host}:${port}`,
  acknowledgement: 'none',
  create: (options, source) => new SyslogDestination(options, source),
};
