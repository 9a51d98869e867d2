import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import { errorMessage } from '../../../../audit/index.js';
import { batchText } from '../batch-text.js';
import type { StreamAnswer, StreamBatch, StreamDestination } from '../stream-destination.js';
import { problemsOfNumber, type DestinationType } from './destination-type.js';
import { judgeAnswer } from './judge-answer.js';
import { postBody } from './post-body.js';
import { PrivateAddressError } from './private-address.error.js';
import { isPublic, publicLookup, type NameLookup } from './public-addresses.js';
import { keyOfSecret, standardHeaders } from './standard-webhook.js';

/** A server that receives each batch by a POST, signed as Standard Webhooks says. */
export interface WebhookDestinationOptions {
  readonly type: 'webhook';
  /** `https:`, or `http:` with `allowPrivateAddresses`. */
  readonly url: string;
  /** One secret, or two while you rotate it: `whsec_` and the base64 of 24 to 64 random bytes. */
  readonly secrets: readonly string[];
  /** Further headers, such as an authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the server may take to answer: 100 to 300,000. @defaultValue 15000 */
  readonly timeoutMs?: number;
  /** Whether the server may be in your own network: loopback, private and link-local addresses. @defaultValue false */
  readonly allowPrivateAddresses?: boolean;
}

const TIMEOUT_MS = 15_000;

/** Posts each batch as canonical JSON. The connection goes to an address that was checked, over TLS with the server's own name. */
export class WebhookDestination implements StreamDestination {
  readonly acknowledgement = 'received';
  private readonly url: URL;
  private readonly agent: HttpAgent;

  /** @param find finds the addresses of the server's name. @defaultValue as the system does */
  constructor(
    private readonly options: WebhookDestinationOptions,
    find?: NameLookup,
  ) {
    this.url = new URL(options.url);
    const lookup = options.allowPrivateAddresses ? undefined : publicLookup(find);
    const settings = { keepAlive: true, maxSockets: 1, ...(lookup && { lookup }) };
    this.agent = this.url.protocol === 'https:' ? new HttpsAgent(settings) : new HttpAgent(settings);
  }

  async send(batch: StreamBatch, signal: AbortSignal): Promise<StreamAnswer> {
    const { timeoutMs = TIMEOUT_MS, secrets, headers } = this.options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const body = batchText(batch);
    const now = new Date();
    const signed = {
      ...headers,
      'content-type': 'application/json',
      ...standardHeaders({ id: batch.id, body, at: now }, secrets),
    };
    try {
      this.checkHost();
      const any = AbortSignal.any([signal, timeout]);
      return judgeAnswer(await postBody(this.url, body, { headers: signed, agent: this.agent }, any), now);
    } catch (error) {
      if (timeout.aborted) return { outcome: 'retry', reason: `it did not answer within ${timeoutMs} ms` };
      return { outcome: 'retry', reason: errorMessage(error) };
    }
  }

  close(): Promise<void> {
    this.agent.destroy();
    return Promise.resolve();
  }

  /** A connection to an address looks nothing up. */
  private checkHost(): void {
    const host = this.url.hostname.replace(/^\[|\]$/g, '');
    if (this.options.allowPrivateAddresses || isIP(host) === 0 || isPublic(host)) return;
    throw new PrivateAddressError(host, host);
  }
}

export const WEBHOOK_DESTINATION: DestinationType<WebhookDestinationOptions> = {
  names: { type: true, url: true, secrets: true, headers: true, timeoutMs: true, allowPrivateAddresses: true },
  problems: ({ url, secrets, timeoutMs, allowPrivateAddresses = false }) => [
    ...problemsOfUrl(url, allowPrivateAddresses),
    ...problemsOfSecrets(secrets),
    ...problemsOfNumber('timeoutMs', timeoutMs, [100, 300_000]),
    ...(typeof allowPrivateAddresses === 'boolean' ? [] : ['allowPrivateAddresses is neither true nor false']),
  ],
  describe: ({ url }) => `webhook ${new URL(url).origin}`,
  acknowledgement: 'received',
  create: (options) => new WebhookDestination(options),
};

function problemsOfUrl(url: unknown, isHttpAllowed: unknown): readonly string[] {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && isHttpAllowed === true)) return [];
  return ['url must be an https URL; http is for allowPrivateAddresses alone'];
}

function problemsOfSecrets(secrets: unknown): readonly string[] {
  const isRight = Array.isArray(secrets) && secrets.length >= 1 && secrets.length <= 2;
  if (isRight && secrets.every((secret) => keyOfSecret(secret))) return [];
  return [
    'secrets must be one secret, or two while it is rotated: each whsec_ and the base64 of 24 to 64 random bytes',
  ];
}
