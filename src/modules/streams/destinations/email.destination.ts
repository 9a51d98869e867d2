import { once } from 'node:events';
import type { Socket } from 'node:net';
import { mailTextOf } from '../formats/mail-text.js';
import type {
  BatchPreview,
  DestinationType,
  StreamAnswer,
  StreamBatch,
  StreamDestination,
} from '../stream-destination.js';
import { AddressGuard, type NameLookup } from './address-guard.js';
import {
  attemptWithin,
  loadClient,
  NETWORK_NAMES,
  problemsOfNetwork,
  TIMEOUT_MS,
  type NetworkOptions,
} from './network.js';
import { problemsOfNumber, problemsOfSwitch } from '../../monitoring/connections/option-problems.js';

/** Sends one mail in plain text for each batch. Install `nodemailer`. Use this destination for streams with few events, such as alerts. */
export interface EmailDestinationOptions extends NetworkOptions {
  readonly type: 'email';
  /** The name or the address of the mail server. */
  readonly host: string;
  /** The port of the mail server. @defaultValue 587 */
  readonly port?: number;
  /**
   * Whether TLS is required: from the first byte on port 465, with STARTTLS on other ports. Without TLS, anybody on the network path can
   * read the mails, and the option `password` is refused.
   * @defaultValue true
   */
  readonly tls?: boolean;
  /** The user name of the login. Set `password`, too. */
  readonly username?: string;
  /** The password of `username`. */
  readonly password?: string;
  /** The sender's address. */
  readonly from: string;
  /** The recipients' addresses: 1 to 50. */
  readonly to: readonly string[];
  /** The name of the service in the subject of each mail, such as `orders-prod`. Default: none. */
  readonly service?: string;
}

interface Transporter {
  sendMail(mail: Readonly<Record<string, unknown>>): Promise<{ readonly accepted?: readonly unknown[] }>;
  close(): void;
}
interface Mailer {
  createTransport(options: Readonly<Record<string, unknown>>): Transporter;
}

const PORT = 587;
const TLS_PORT = 465;
const MAX_RECIPIENTS = 50;
const ADDRESS = /^[^\s@<>()[\]\\,;:"]{1,64}@[\w.-]{1,255}$/;
const HOST = /^[\w.-]+$|^[\da-f:]+$/i;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** Sends one mail for each batch. A repeated mail has the same `Message-ID`, which names the batch. */
export class EmailDestination implements StreamDestination {
  private readonly guard: AddressGuard;
  private delivered: { readonly batch: string; readonly to: ReadonlySet<string> } | undefined;

  /** @param find resolves host names. @defaultValue the operating system's lookup */
  constructor(
    private readonly options: EmailDestinationOptions,
    find?: NameLookup,
  ) {
    this.guard = new AddressGuard(options, find);
  }

  async send(batch: StreamBatch, signal: AbortSignal): Promise<StreamAnswer> {
    const loaded = await loadClient<Mailer & { readonly default?: Mailer }>('nodemailer', 'email');
    const { timeoutMs = TIMEOUT_MS } = this.options;
    return attemptWithin(timeoutMs, signal, async (any) => {
      const connection = await this.connect(any);
      const transporter = (loaded.default ?? loaded).createTransport({
        ...this.transport(),
        getSocket: (_options: unknown, give: (error: null, socket: object) => void) => {
          give(null, { connection });
        },
      });
      try {
        return await this.deliver(transporter, batch);
      } catch (error) {
        return answerOf(error);
      } finally {
        transporter.close();
      }
    });
  }

  preview(batch: StreamBatch): BatchPreview {
    const { to, subject, text, messageId, from } = this.mailOf(batch);
    const headers = { From: from, To: to.join(', '), Subject: subject, 'Message-ID': messageId };
    return { messages: [{ to: EMAIL_DESTINATION.describe(this.options), headers, body: text }] };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** nodemailer's own DNS lookup does not refuse private addresses. */
  private async connect(signal: AbortSignal): Promise<Socket> {
    const { host, port = PORT } = this.options;
    const socket = this.guard.connect(host, port);
    socket.on('error', () => undefined); // nodemailer reports the error itself, unless the attempt is over
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    await once(socket, 'connect', { signal });
    return socket;
  }

  private async deliver(transporter: Transporter, batch: StreamBatch): Promise<StreamAnswer> {
    const mail = this.mailOf(batch);
    const done = this.delivered?.batch === batch.id ? this.delivered.to : new Set<string>();
    const left = mail.to.filter((address) => !done.has(address));
    const envelope = { from: mail.from, to: left };
    const { accepted = [] } = await transporter.sendMail({
      ...{ ...mail, envelope, disableFileAccess: true, disableUrlAccess: true },
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
    const reached = left.filter((address) => accepted.includes(address));
    this.delivered = { batch: batch.id, to: new Set([...done, ...reached]) };
    const refused = left.filter((address) => !reached.includes(address));
    if (refused.length === 0) return { outcome: 'accepted' };
    return { outcome: 'retry', reason: `the mail server refuses mails for ${refused.join(', ')}` };
  }

  private mailOf(batch: StreamBatch) {
    const { from, to, service } = this.options;
    return { from, to, messageId: `<${batch.id}@nestjs-audit-ledger>`, ...mailTextOf(batch, service) };
  }

  private transport(): Readonly<Record<string, unknown>> {
    const { host, port = PORT, tls = true, username: user, password: pass, ca, timeoutMs = TIMEOUT_MS } = this.options;
    return {
      ...{ host, port, secure: tls && port === TLS_PORT, requireTLS: tls, ignoreTLS: !tls },
      ...(user !== undefined && { auth: { user, pass } }),
      ...(ca !== undefined && { tls: { ca } }),
      ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    };
  }
}

/** A refused login or a refused address leads to `retry`, because an operator can correct these options. */
function answerOf(error: unknown): StreamAnswer {
  const { code, responseCode = 0 } = Object(error) as { readonly code?: unknown; readonly responseCode?: number };
  if (code === 'EMESSAGE' && responseCode >= 500) {
    return { outcome: 'refused', reason: `the mail server refuses the text of the mail (${responseCode})` };
  }
  throw error;
}

function problemsOfAddresses({ from, to }: EmailDestinationOptions): readonly string[] {
  const isAddress = (value: unknown): boolean => typeof value === 'string' && ADDRESS.test(value);
  const isList = Array.isArray(to) && to.length > 0 && to.length <= MAX_RECIPIENTS && to.every(isAddress);
  return [
    ...(isAddress(from) ? [] : ['from must be an address such as audit@example.com, without a name']),
    ...(isList ? [] : [`to must be a list of 1 to ${MAX_RECIPIENTS} addresses such as ["security@example.com"]`]),
  ];
}

function problemsOfLogin({ username, password, tls }: EmailDestinationOptions): readonly string[] {
  const given = [username, password].filter((each) => each !== undefined);
  if (given.length === 0) return [];
  if (given.length === 1 || given.some((each) => typeof each !== 'string' || each === '')) {
    return ['username and password must be given together, as two non-empty texts'];
  }
  return tls === false ? ['password needs TLS: do not set tls to false'] : [];
}

export const EMAIL_DESTINATION: DestinationType<EmailDestinationOptions> = {
  names: {
    ...{ type: true, host: true, port: true, tls: true, username: true, password: 'secret', from: true, to: true },
    ...{ service: true, ...NETWORK_NAMES },
  },
  problems: (options) => {
    const given: Readonly<Partial<Record<keyof EmailDestinationOptions, unknown>>> = options; // JavaScript callers may pass any value
    const { host, port, tls, service } = given;
    const isService = typeof service === 'string' && service !== '' && service.length <= 60 && !CONTROL.test(service);
    return [
      ...(typeof host === 'string' && HOST.test(host) ? [] : ['host must be a name such as smtp.example.com']),
      ...problemsOfNumber('port', port, [1, 65_535]),
      ...problemsOfSwitch('tls', tls),
      ...problemsOfLogin(options),
      ...problemsOfAddresses(options),
      ...(service === undefined || isService ? [] : ['service must be a text of 1 to 60 characters in one line']),
      ...problemsOfNetwork(options),
    ];
  },
  describe: ({ host, port = PORT, to }) => `email ${host}:${port} ${to.join(',')}`,
  acknowledgement: 'received',
  create: (options) => new EmailDestination(options),
};
