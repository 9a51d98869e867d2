import { once } from 'node:events';
import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { errorMessage } from '../../../audit/plain.js';
import type {
  BatchPreview,
  PreviewedMessage,
  StreamAnswer,
  StreamBatch,
  StreamDestination,
} from '../stream-destination.js';
import type { FormatSource } from '../formats/format-source.js';
import { problemsOfUrl } from '../../../monitoring/store/connections/option-problems.js';
import { AddressGuard, type NameLookup } from './address-guard.js';
import { limited, problemsOfNetwork, shownUrl, TIMEOUT_MS, type NetworkOptions } from './network.js';

type Headers = Readonly<Record<string, string>>;

/** The options of every destination over HTTP. */
export interface HttpOptions extends NetworkOptions {
  /** The URL: `https:`, or `http:` with `allowPrivateAddresses`. */
  readonly url: string;
}

export interface PostAnswer {
  readonly status: number;
  readonly isSuccess: boolean;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

const SECRET = '(secret)';
const OF_THE_BODY = [400, 413, 415, 422];
const GONE = 410;

/** Posts batches to one server over one connection. Redirects are not followed. Private addresses need the option `allowPrivateAddresses`. */
export abstract class HttpDestination<Options extends HttpOptions> implements StreamDestination {
  protected readonly path: string = '';
  /** This limit is enough for Elasticsearch's response to 10,000 documents. */
  protected readonly maxAnswerBytes: number = 4_000_000;
  protected abstract readonly secretHeaders: readonly string[];
  private readonly url: URL;
  private readonly agent: HttpAgent;
  private readonly guard: AddressGuard;

  /** @param find resolves host names. @defaultValue the operating system's lookup */
  constructor(
    protected readonly options: Options,
    protected readonly source: FormatSource,
    find?: NameLookup,
  ) {
    this.url = new URL(options.url);
    this.guard = new AddressGuard(options, find);
    const settings = { keepAlive: true, maxSockets: 1, lookup: this.guard.lookup };
    this.agent =
      this.url.protocol === 'https:' ? new HttpsAgent({ ...settings, ca: options.ca }) : new HttpAgent(settings);
  }

  protected abstract bodiesOf(batch: StreamBatch): readonly (string | Buffer)[];

  protected abstract headersOf(batch: StreamBatch, body: string | Buffer): Headers;

  /** If this method returns `undefined`, {@link judgeAnswer} judges the status. */
  protected judge?(
    answer: PostAnswer,
    batch: StreamBatch,
    signal: AbortSignal,
  ): StreamAnswer | undefined | Promise<StreamAnswer | undefined>;

  async send(batch: StreamBatch, signal: AbortSignal): Promise<StreamAnswer> {
    try {
      this.guard.check(this.url.hostname);
      for (const body of this.bodiesOf(batch)) {
        const answer = await this.post(this.path, body, this.headersOf(batch, body), signal);
        const judged = (await this.judge?.(answer, batch, signal)) ?? judgeAnswer(answer);
        if (judged.outcome !== 'accepted') return judged;
      }
      return { outcome: 'accepted' };
    } catch (error) {
      return { outcome: 'retry', reason: errorMessage(error) };
    }
  }

  preview(batch: StreamBatch): BatchPreview {
    return { messages: this.bodiesOf(batch).map((body) => this.shown(body, this.headersOf(batch, body))) };
  }

  close(): Promise<void> {
    this.agent.destroy();
    return Promise.resolve();
  }

  protected async post(
    path: string,
    body: string | Buffer,
    headers: Headers,
    signal: AbortSignal,
  ): Promise<PostAnswer> {
    const { timeoutMs = TIMEOUT_MS } = this.options;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await this.request(path, body, headers, AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (!timeout.aborted || signal.aborted) throw error;
      throw new Error(`it did not answer within ${timeoutMs} ms`, { cause: error });
    }
  }

  private async request(
    path: string,
    body: string | Buffer,
    headers: Headers,
    signal: AbortSignal,
  ): Promise<PostAnswer> {
    const request = this.url.protocol === 'https:' ? requestHttps : requestHttp;
    const whole = { ...headers, 'content-length': Buffer.byteLength(body) };
    const sent = request(this.addressOf(path), { headers: whole, agent: this.agent, method: 'POST', signal });
    sent.on('error', () => undefined); // once() and the loop below reject with the error
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of limited(response, this.maxAnswerBytes)) chunks.push(chunk);
    const { statusCode: status = 0 } = response;
    const isSuccess = status >= 200 && status < 300;
    return {
      status,
      isSuccess,
      retryAfter: response.headers['retry-after'],
      body: Buffer.concat(chunks).toString('utf8'),
    };
  }

  private shown(body: string | Buffer, headers: Headers): PreviewedMessage {
    const shown = Object.entries(headers).map(([name, value]): [string, string] => {
      return [name, this.secretHeaders.includes(name) ? SECRET : value];
    });
    return {
      to: `POST ${String(shownUrl(this.addressOf(this.path).href))}`,
      headers: { ...Object.fromEntries(shown), 'content-length': String(Buffer.byteLength(body)) },
      body: body.toString(),
    };
  }

  private addressOf(path: string): URL {
    return path === '' ? this.url : new URL(path, this.url.href.replace(/\/*$/, '/'));
  }
}

/** Judges an HTTP answer. Only a status about the body means `refused`, because somebody can correct other failures, such as an expired token. */
export function judgeAnswer({ status, isSuccess, retryAfter, body }: PostAnswer): StreamAnswer {
  if (isSuccess) return { outcome: 'accepted' };
  if (status >= 300 && status < 400) {
    return { outcome: 'retry', reason: `it answered ${status}, a redirect, which is not followed` };
  }
  const text = body.replaceAll(/\s+/g, ' ').trim();
  const reason = `it answered ${status}${text === '' ? '' : `: ${text}`}`;
  if (status === GONE) return { outcome: 'gone', reason };
  if (OF_THE_BODY.includes(status)) return { outcome: 'refused', reason };
  const afterMs = msOf(retryAfter);
  return { outcome: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) };
}

function msOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? undefined : Math.max(at - Date.now(), 0);
}

/** Returns the problems of {@link HttpOptions}. */
export function problemsOfHttp({ url, ...network }: HttpOptions): readonly string[] {
  return [...problemsOfUrl(url, network.allowPrivateAddresses), ...problemsOfNetwork(network)];
}
