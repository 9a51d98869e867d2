import { batchBytes } from '../batch-text.js';
import type { FormatSource } from '../formats/format-source.js';
import { canonicalLine } from '../formats/line-text.js';
import { JSON_FORMATS, objectInBatch } from '../formats/object-in-batch.js';
import { entriesOf } from '../formats/streamed-entries.js';
import type { BatchPreview, PreviewableDestination, StreamAnswer, StreamBatch } from '../stream-destination.js';
import type { DestinationType } from './destination-type.js';
import { HttpSender } from './http-sender.js';
import { judgeAnswer } from './judge-answer.js';
import { NETWORK_NAMES, problemsOfNetwork, type NetworkOptions } from './network-options.js';
import { problemsOfHeaders, problemsOfUrl, problemsOfWord } from '../../monitoring/connections/option-problems.js';
import type { NameLookup } from './public-addresses.js';
import { keyOfSecret, standardHeaders } from './webhook-signature.js';

const WEBHOOK_FORMATS = ['batch', ...JSON_FORMATS] as const;

/** A server that receives each batch by a POST, signed as Standard Webhooks says. */
export interface WebhookDestinationOptions extends NetworkOptions {
  readonly type: 'webhook';
  /** `https:`, or `http:` with `allowPrivateAddresses`. */
  readonly url: string;
  /**
   * One secret, or two while you rotate it: `whsec_` and the base64 of 24 to 64 random bytes.
   * @remarks secret: in the option `streams` it leaves no act, and a batch that waits keeps its id
   */
  readonly secrets: readonly string[];
  /**
   * Further headers, such as an authorization.
   * @remarks secret: in the option `streams` it leaves no act, and a batch that waits keeps its id
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** What a body is: the batch, or a JSON array of its events in a format; `cloudevents` is their batched mode. @defaultValue 'batch' */
  readonly format?: (typeof WEBHOOK_FORMATS)[number];
}

/** The limit of an answer: a receiver of webhooks answers briefly. */
const MAX_ANSWER_BYTES = 65_536;

const CLOUD_EVENTS_TYPE = 'application/cloudevents-batch+json; charset=UTF-8';

/** Posts each batch as canonical JSON. The connection uses a checked address, with TLS for the server's own name. */
export class WebhookDestination implements PreviewableDestination {
  readonly acknowledgement = 'received';
  readonly sendsBatches: boolean;
  private readonly sender: HttpSender;

  /** @param find finds the addresses of the server's name. @defaultValue as the system does */
  constructor(
    private readonly options: WebhookDestinationOptions,
    private readonly source: FormatSource,
    find?: NameLookup,
  ) {
    this.sendsBatches = (options.format ?? 'batch') === 'batch';
    this.sender = new HttpSender(new URL(options.url), options, find, MAX_ANSWER_BYTES);
  }

  send(batch: StreamBatch, signal: AbortSignal): Promise<StreamAnswer> {
    return this.sender.attempt(signal, async (any) => {
      const body = this.bodyOf(batch);
      const at = new Date();
      return judgeAnswer(await this.sender.post('', body, this.headersOf(batch, body, at), any), at);
    });
  }

  preview(batch: StreamBatch): BatchPreview {
    const body = this.bodyOf(batch);
    const secrets = [...Object.keys(this.options.headers ?? {}), 'webhook-signature'];
    return { messages: [this.sender.preview('', body, this.headersOf(batch, body, new Date()), secrets)] };
  }

  close(): Promise<void> {
    return this.sender.close();
  }

  private headersOf({ id }: StreamBatch, body: Buffer, at: Date): Readonly<Record<string, string>> {
    const { secrets, headers, format = 'batch' } = this.options;
    const type = format === 'cloudevents' ? CLOUD_EVENTS_TYPE : 'application/json';
    return { ...headers, 'content-type': type, ...standardHeaders({ id, body, at }, secrets) };
  }

  private bodyOf(batch: StreamBatch): Buffer {
    const { format = 'batch' } = this.options;
    if (format === 'batch') return batchBytes(batch);
    return Buffer.from(
      canonicalLine(entriesOf(batch).map((entry) => objectInBatch(format, entry, batch, this.source))),
    );
  }
}

export const WEBHOOK_DESTINATION: DestinationType<WebhookDestinationOptions> = {
  names: { type: true, url: true, secrets: true, headers: true, format: true, ...NETWORK_NAMES },
  problems: ({ url, secrets, headers, format, ...network }) => [
    ...problemsOfUrl(url, network.allowPrivateAddresses),
    ...problemsOfSecrets(secrets),
    ...problemsOfHeaders(headers),
    ...problemsOfWord('format', format, WEBHOOK_FORMATS),
    ...problemsOfNetwork(network),
  ],
  describe: ({ url }) => `webhook ${new URL(url).origin}`,
  acknowledgement: 'received',
  create: (options, source) => new WebhookDestination(options, source),
};

function problemsOfSecrets(secrets: unknown): readonly string[] {
  const isRight = Array.isArray(secrets) && secrets.length >= 1 && secrets.length <= 2;
  if (isRight && secrets.every((secret) => keyOfSecret(secret))) return [];
  return [
    'secrets must be one secret, or two while it is rotated: each whsec_ and the base64 of 24 to 64 random bytes',
  ];
}
