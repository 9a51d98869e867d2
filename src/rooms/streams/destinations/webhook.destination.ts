import { createHmac } from 'node:crypto';
import { batchText } from '../batch-text.js';
import { canonicalLine } from '../formats/line-text.js';
import { JSON_FORMATS, objectInBatch } from '../formats/stream-format.js';
import { entriesOf } from '../formats/streamed-entries.js';
import type { DestinationType, StreamBatch } from '../stream-destination.js';
import { HttpDestination, problemsOfHttp, type HttpOptions } from './http.destination.js';
import { NETWORK_NAMES } from './network.js';
import { problemsOfHeaders, problemsOfWord } from '../../../monitoring/store/connections/option-problems.js';

const WEBHOOK_FORMATS = ['batch', ...JSON_FORMATS] as const;

/** A server that receives each batch as a POST request, signed as Standard Webhooks requires. */
export interface WebhookDestinationOptions extends HttpOptions {
  readonly type: 'webhook';
  /** One secret, or two during a rotation. A secret is `whsec_` and the base64 of 24 to 64 random bytes. */
  readonly secrets: readonly string[];
  /** Additional headers of each request, for example for authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The format of the body: the batch, or a JSON array of its events. `cloudevents` is the batched mode of CloudEvents. @defaultValue 'batch' */
  readonly format?: (typeof WEBHOOK_FORMATS)[number];
}

const PREFIX = 'whsec_';
const CLOUD_EVENTS_TYPE = 'application/cloudevents-batch+json; charset=UTF-8';

/** Posts each batch as canonical JSON. */
export class WebhookDestination extends HttpDestination<WebhookDestinationOptions> {
  protected override readonly maxAnswerBytes = 65_536;

  get sendsBatches(): boolean {
    return (this.options.format ?? 'batch') === 'batch';
  }

  protected get secretHeaders(): readonly string[] {
    return [...Object.keys(this.options.headers ?? {}), 'webhook-signature'];
  }

  protected headersOf({ id }: StreamBatch, body: string | Buffer): Readonly<Record<string, string>> {
    const { secrets, headers, format = 'batch' } = this.options;
    const type = format === 'cloudevents' ? CLOUD_EVENTS_TYPE : 'application/json';
    return { ...headers, 'content-type': type, ...standardHeaders({ id, body, at: new Date() }, secrets) };
  }

  protected bodiesOf(batch: StreamBatch): readonly (string | Buffer)[] {
    const { format = 'batch' } = this.options;
    if (format === 'batch') return [batchText(batch)];
    return [canonicalLine(entriesOf(batch).map((entry) => objectInBatch(format, entry, batch, this.source)))];
  }
}

export const WEBHOOK_DESTINATION: DestinationType<WebhookDestinationOptions> = {
  names: { type: true, url: true, secrets: 'secret', headers: 'secret', format: true, ...NETWORK_NAMES },
  problems: ({ secrets, headers, format, ...http }) => [
    ...problemsOfSecrets(secrets),
    ...problemsOfHeaders(headers),
    ...problemsOfWord('format', format, WEBHOOK_FORMATS),
    ...problemsOfHttp(http),
  ],
  describe: ({ url }) => `webhook ${new URL(url).origin}`,
  acknowledgement: 'received',
  create: (options, source) => new WebhookDestination(options, source),
};

function problemsOfSecrets(secrets: unknown): readonly string[] {
  const isRight = Array.isArray(secrets) && secrets.length >= 1 && secrets.length <= 2;
  if (isRight && secrets.every((secret) => keyOfSecret(secret))) return [];
  return ['secrets must be one or two texts: each is whsec_ and the base64 of 24 to 64 random bytes'];
}

function keyOfSecret(secret: unknown): Buffer | undefined {
  if (typeof secret !== 'string') return undefined;
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  const key = Buffer.from(text, 'base64');
  const isWhole = key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  return isWhole && key.length >= 24 && key.length <= 64 ? key : undefined;
}

interface SignedMessage {
  readonly id: string;
  readonly body: string | Buffer;
  readonly at: Date;
}

/**
 * Makes the headers of Standard Webhooks 1.0.0, with one signature (`v1`, HMAC-SHA-256) for each secret. During a rotation, a receiver can
 * verify with either secret.
 */
export function standardHeaders({ id, body, at }: SignedMessage, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.flatMap((secret) => {
    const key = keyOfSecret(secret);
    return key ? [`v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`] : [];
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
