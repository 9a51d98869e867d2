import { once } from 'node:events';
import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { getErrorMessage } from '../../../audit/nest-free.js';
import type { StreamResult, StreamBatch, StreamDestination } from '../stream-destination.js';
import { AddressGuard, type NameLookup, limited } from './network.js';
import type { Network } from './option-schemas.js';

type Body = string | Buffer;
type Headers = Readonly<Record<string, string>>;

export interface PostResponse {
  readonly status: number;
  readonly isSuccess: boolean;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

const PAYLOAD_REJECTED_STATUSES = [400, 413, 415, 422];
const GONE = 410;
const MAX_RESPONSE_BYTES = 4_000_000;

/** The requests of a batch, and the meaning of the answers. */
export interface HttpMapping {
  /** The path below the URL. Default: the URL itself. */
  readonly path?: string;
  readonly sendsBatches?: boolean;
  /** The default is enough for Elasticsearch's response to 10,000 documents. @defaultValue 4000000 */
  readonly maxResponseBytes?: number;
  readonly buildHeaders: (batch: StreamBatch, body: Body) => Headers;
  readonly buildBodies: (batch: StreamBatch) => readonly Body[];
  /**
   * Judges an answer. If the result is `undefined`, {@link toStreamResult} judges the status.
   *
   * @param post posts to another path, with the same headers
   */
  readonly parseResponse?: (
    received: PostResponse,
    batch: StreamBatch,
    signal: AbortSignal,
    post: (path: string, body: Body) => Promise<PostResponse>,
  ) => StreamResult | undefined | Promise<StreamResult | undefined>;
}

/** Posts batches to one server over one connection. Redirects are not followed. Private addresses need the option `allowPrivateAddresses`. */
export class HttpSender implements StreamDestination {
  readonly sendsBatches: boolean;
  private readonly url: URL;
  private readonly agent: HttpAgent;
  private readonly guard: AddressGuard;

  /** @param find resolves host names. @defaultValue the operating system's lookup */
  constructor(
    private readonly options: Network & { readonly url: string },
    private readonly mapping: HttpMapping,
    find?: NameLookup,
  ) {
    this.sendsBatches = mapping.sendsBatches ?? false;
    this.url = new URL(options.url);
    this.guard = new AddressGuard(options, find);
    const settings = { keepAlive: true, maxSockets: 1, lookup: this.guard.lookup };
    this.agent =
      this.url.protocol === 'https:' ? new HttpsAgent({ ...settings, ca: options.ca }) : new HttpAgent(settings);
  }

  async send(batch: StreamBatch, signal: AbortSignal): Promise<StreamResult> {
    const { path = '' } = this.mapping;
    try {
      this.guard.check(this.url.hostname);
      for (const body of this.mapping.buildBodies(batch)) {
        const headers = this.mapping.buildHeaders(batch, body);
        const post = (to: string, text: Body) => this.post(to, text, headers, signal);
        const received = await post(path, body);
        const checked = (await this.mapping.parseResponse?.(received, batch, signal, post)) ?? toStreamResult(received);
        if (checked.outcome !== 'accepted') return checked;
      }
      return { outcome: 'accepted' };
    } catch (error) {
      return { outcome: 'retry', reason: getErrorMessage(error) };
    }
  }

  close(): Promise<void> {
    this.agent.destroy();
    return Promise.resolve();
  }

  private async post(path: string, body: Body, headers: Headers, signal: AbortSignal): Promise<PostResponse> {
    const { timeoutMs } = this.options;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await this.request(path, body, headers, AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (!timeout.aborted || signal.aborted) throw error;
      throw new Error(`it did not answer within ${timeoutMs} ms`, { cause: error });
    }
  }

  private async request(path: string, body: Body, headers: Headers, signal: AbortSignal): Promise<PostResponse> {
    const request = this.url.protocol === 'https:' ? requestHttps : requestHttp;
    const whole = { ...headers, 'content-length': Buffer.byteLength(body) };
    const sent = request(this.resolveUrl(path), { headers: whole, agent: this.agent, method: 'POST', signal });
    sent.on('error', () => undefined); // once() and the loop below reject with the error
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of limited(response, this.mapping.maxResponseBytes ?? MAX_RESPONSE_BYTES))
      chunks.push(chunk);
    const { statusCode: status = 0 } = response;
    return {
      status,
      isSuccess: status >= 200 && status < 300,
      retryAfter: response.headers['retry-after'],
      body: Buffer.concat(chunks).toString('utf8'),
    };
  }

  private resolveUrl(path: string): URL {
    return path === '' ? this.url : new URL(path, this.url.href.replace(/(?<!\/)\/*$/, '/'));
  }
}

/** Judges an HTTP answer. Only a status about the body means `refused`, because somebody can correct other failures, such as an expired token. */
export function toStreamResult({ status, isSuccess, retryAfter, body }: PostResponse): StreamResult {
  if (isSuccess) return { outcome: 'accepted' };
  if (status >= 300 && status < 400) {
    return { outcome: 'retry', reason: `it answered ${status}, a redirect, which is not followed` };
  }
  const text = body.replaceAll(/\s+/g, ' ').trim();
  const reason = `it answered ${status}${text === '' ? '' : `: ${text}`}`;
  if (status === GONE) return { outcome: 'gone', reason };
  if (PAYLOAD_REJECTED_STATUSES.includes(status)) return { outcome: 'refused', reason };
  const afterMs = parseRetryAfterMs(retryAfter);
  return { outcome: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) };
}

function parseRetryAfterMs(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? undefined : Math.max(at - Date.now(), 0);
}
