import { once } from 'node:events';
import type { Socket } from 'node:net';
import { z } from 'zod';
import { pairOption, TEXT, wholeNumber, enumOption, type RawOptions } from '../../../audit/option-schemas.js';
import { defineDestination, type PackageDestination } from '../define-destination.js';
import type { FormatSource } from '../formats/line-text.js';
import {
  type StreamResult,
  type StreamBatch,
  type StreamDestination,
  listEntries,
  type StreamedEvent,
  GAP_TYPE,
} from '../stream-destination.js';
import { getBatchFacts, formatLine } from '../formats/stream-format.js';
import { formatSyslogMessage, buildSyslogParameters } from '../formats/syslog-message.js';
import { AddressGuard, attemptWithTimeout } from './network.js';
import { NETWORK, type NetworkOptions } from './option-schemas.js';

const SYSLOG_FORMATS = ['json', 'cef'] as const;

const PORTS = { tls: 6_514, tcp: 601 };

/** How many recent messages are sent again after a broken connection. */
const REPEATED_MESSAGES = 1_000;

const OPTIONS = {
  /** The name or the address of the server. */
  host: TEXT,
  /** The port of the server: 1 to 65,535. Set this when your server listens on another port. @defaultValue 6514, and 601 for TCP */
  port: wholeNumber(1, 65_535).optional(),
  /** `tls` (RFC 5425), or `tcp` without encryption. Set this when the server is an old appliance without TLS, in your own network. */
  transport: enumOption(['tls', 'tcp']).default('tls'),
  /** The format of a message's text. Set this when your SIEM parses CEF, as ArcSight and QRadar do. */
  format: enumOption(SYSLOG_FORMATS).default('json'),
  /**
   * The largest message that the server accepts: 2,048 to 1,000,000 bytes. The stream parks larger events. Set this when your events are
   * larger than 8 KiB, and your server accepts larger messages.
   */
  maxMessageBytes: wholeNumber(2_048, 1_000_000).default(8_192),
  /**
   * Your IANA private enterprise number. Set this when your company has such a number, so that other messages in the server do not use the
   * same names.
   * @defaultValue 32473, the number for documentation
   */
  enterpriseNumber: wholeNumber(1, 4_294_967_295).default(32_473),
  /** A client certificate in PEM. Set `key`, too. Set this when the server asks for client certificates. */
  certificate: z.string().optional(),
  /** The key of `certificate`, in PEM. Set this when you set `certificate`. */
  key: z.string().optional(),
};

/**
 * A syslog server, which receives RFC 5424 messages over TLS (RFC 5425) or TCP, with octet counting. Syslog has no acknowledgments.
 *
 * @title Syslog
 * @remarks
 * `{ type: 'syslog', host: 'syslog.example.com', enterpriseNumber: 32_473 }` needs a TLS input with octet counting (RFC 5425, port 6514), as in
 * rsyslog, syslog-ng, Graylog or QRadar. `format: 'cef'` suits ArcSight and QRadar. Raise `maxMessageBytes` (8,192) here and there: larger events
 * are parked. Syslog acknowledges nothing: after a broken connection, the last 1,000 messages are repeated, and events can still be lost. Replace
 * 32473 by your IANA number.
 */
export interface SyslogDestinationOptions extends RawOptions<typeof OPTIONS>, NetworkOptions {
  readonly type: 'syslog';
}

const SCHEMA = z.object({ ...OPTIONS, ...NETWORK }).refine(...pairOption('certificate', 'key'));

/**
 * Sends a message for each event. After a broken connection, the destination repeats the recent messages, because syslog does not confirm
 * messages.
 */
class SyslogDestination implements StreamDestination {
  private readonly guard: AddressGuard;
  private socket: Socket | undefined;
  private recent: readonly Buffer[] = [];

  constructor(
    private readonly options: z.output<typeof SCHEMA>,
    private readonly source: FormatSource,
  ) {
    this.guard = new AddressGuard(options);
  }

  async send(batch: StreamBatch, signal: AbortSignal): Promise<StreamResult> {
    const { maxMessageBytes, timeoutMs } = this.options;
    const messages = this.toMessages(batch);
    const refused = rejectOversized(messages, maxMessageBytes, `maxMessageBytes (${maxMessageBytes})`);
    if (refused) return refused;
    const result = await attemptWithTimeout(timeoutMs, signal, async (any) => {
      await this.write(messages.map(frameMessage), any);
      return { outcome: 'accepted' };
    });
    if (result.outcome !== 'accepted') this.disconnect();
    return result;
  }

  async close(): Promise<void> {
    const { socket } = this;
    this.socket = undefined;
    if (!socket) return;
    socket.end(() => socket.destroy());
    await once(socket, 'close').catch(() => undefined); // after an error, the connection is closed, too
  }

  private toMessages(batch: StreamBatch): readonly EntryMessage[] {
    const { format, enterpriseNumber } = this.options;
    return listEntries(batch).map((entry) => {
      const elements = {
        ...(format === 'json' ? { event: buildSyslogParameters(entry) } : {}),
        batch: getBatchFacts(batch, entry),
      };
      const text = formatLine(format, entry, this.source);
      return {
        entry,
        bytes: Buffer.from(formatSyslogMessage(entry, this.source, { text, elements, enterpriseNumber })),
      };
    });
  }

  private async write(frames: readonly Buffer[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const known = this.socket;
    const socket = known ?? (await this.connect(signal));
    const bytes = Buffer.concat(known ? frames : [...this.recent, ...frames]);
    await new Promise<void>((resolve, reject) => {
      const removed = (): void => reject(new Error('the server closed the connection'));
      socket.once('close', removed);
      socket.write(bytes, (error) => {
        socket.off('close', removed);
        if (error) reject(error);
        else resolve();
      });
    });
    this.recent = [...this.recent, ...frames].slice(-REPEATED_MESSAGES);
  }

  private async connect(signal: AbortSignal): Promise<Socket> {
    const { host, transport, port = PORTS[transport] } = this.options;
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
function frameMessage({ bytes }: EntryMessage): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}

function describe({ host, transport, port = PORTS[transport] }: z.output<typeof SCHEMA>): string {
  return `syslog ${transport}://${host}:${port}`;
}

export const syslog: PackageDestination<SyslogDestinationOptions> = defineDestination({
  type: 'syslog',
  options: SCHEMA,
  secrets: ['key'],
  describe,
  acknowledgment: 'none',
  create: (options, source) => new SyslogDestination(options, source),
});

/** An entry of a batch, with the bytes of its message. */
interface EntryMessage {
  readonly entry: StreamedEvent;
  readonly bytes: Buffer;
}

/**
 * Refuses the events whose messages are longer than `maxBytes`. A refused event becomes a gap, so a gap itself is never refused.
 *
 * @param limit the name of the limit, such as `maxMessageBytes (8192)`
 */
function rejectOversized(
  messages: readonly EntryMessage[],
  maxBytes: number,
  limit: string,
): Extract<StreamResult, { readonly outcome: 'refused' }> | undefined {
  const large = messages.filter(({ entry, bytes }) => bytes.length > maxBytes && entry.event.type !== GAP_TYPE);
  if (large.length === 0) return undefined;
  return {
    outcome: 'refused',
    reason: `its message is longer than ${limit}`,
    events: large.map(({ entry }) => entry.id),
  };
}
