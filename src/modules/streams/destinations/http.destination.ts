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
import { AddressGuard, type NameLookup } from './address-guard.js';
import { judgeAnswer, type PostAnswer } from './judge-answer.js';
import { TIMEOUT_MS, type NetworkOptions } from './network-options.js';
import { shownUrl } from './shown-url.js';

type Headers = Readonly<Record<string, string>>;

/** Replaces a secret value in a preview. */
const SECRET = '(secret)';

/**
 * Posts batches to one server over one connection. It follows no redirects, connects to private addresses only by option, and limits
 * answers.
 */
export abstract class HttpDestination implements StreamDestination {
  /** Resolved against the server's URL; it does not begin with a slash. */
  protected readonly path: string = '';
  /** The names of headers whose values a preview does not show. */
  protected abstract readonly secretHeaders: readonly string[];
  /** A longer answer counts as a failure. By default, the size of an answer of Elasticsearch about 10,000 documents. */
  protected readonly maxAnswerBytes: number = 4_000_000;
  private readonly agent: HttpAgent;
  private readonly guard: AddressGuard;

  /** @param find finds the addresses of the server's name. @defaultValue as the system does */
  constructor(
    private readonly url: URL,
    private readonly network: NetworkOptions,
    find?: NameLookup,
  ) {
    this.guard = new AddressGuard(network, find);
    const settings = { keepAlive: true, maxSockets: 1, lookup: this.guard.lookup };
    this.agent = url.protocol === 'https:' ? new HttpsAgent({ ...settings, ca: network.ca }) : new HttpAgent(settings);
  }

  /** The bodies of the requests for a batch, one after the other. */
  protected abstract bodiesOf(batch: StreamBatch): readonly (string | Buffer)[];

  protected abstract headersOf(batch: StreamBatch, body: string | Buffer): Headers;

  /** Judges the answer to a body. */
  protected judge(answer: PostAnswer, _batch: StreamBatch, _signal: AbortSignal): StreamAnswer | Promise<StreamAnswer> {
    return judgeAnswer(answer);
  }

  async send(batch: StreamBatch, signal: AbortSignal): Promise<StreamAnswer> {
    try {
      this.guard.check(this.url.hostname);
      for (const body of this.bodiesOf(batch)) {
        const answer = await this.post(this.path, body, this.headersOf(batch, body), signal);
        const judged = await this.judge(answer, batch, signal);
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

  /** Posts a body and reads the answer. Rejects if the connection broke, the signal aborted, or the answer is late or too long. */
  protected async post(
    path: string,
    body: string | Buffer,
    headers: Headers,
    signal: AbortSignal,
  ): Promise<PostAnswer> {
    const { timeoutMs = TIMEOUT_MS } = this.network;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await this.request(path, body, headers, AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (!timeout.aborted || signal.aborted) throw error;
      throw new Error(`it did not answer within ${timeoutMs} ms`, { cause: error });
    }
  }

  private request(path: string, body: string | Buffer, headers: Headers, signal: AbortSignal): Promise<PostAnswer> {
    const request = this.url.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const whole = { ...headers, 'content-length': Buffer.byteLength(body) };
      const sent = request(this.addressOf(path), { headers: whole, agent: this.agent, method: 'POST', signal });
      sent.on('error', reject);
      sent.on('response', (response) => {
        this.read(response).then(resolve, (error: unknown) => {
          sent.destroy();
          reject(error instanceof Error ? error : new Error(String(error)));
        });
      });
      sent.end(body);
    });
  }

  private async read(response: IncomingMessage): Promise<PostAnswer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > this.maxAnswerBytes) throw new Error(`its answer is longer than ${this.maxAnswerBytes} bytes`);
      chunks.push(chunk);
    }
    const { statusCode: status = 0, headers } = response;
    return { status, retryAfter: headers['retry-after'], body: Buffer.concat(chunks).toString('utf8') };
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
