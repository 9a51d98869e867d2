import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { errorMessage } from '../../../audit/plain.js';
import type { PreviewedMessage, StreamAnswer } from '../stream-destination.js';
import { AddressGuard } from './address-guard.js';
import { TIMEOUT_MS, type NetworkOptions } from './network-options.js';
import { postBody, type PostAnswer } from './post-body.js';
import type { NameLookup } from './public-addresses.js';
import { shownUrl } from './shown-url.js';

/** Replaces a secret value in a preview. */
const SECRET = '(secret)';

/** The size of an answer of Elasticsearch about 10,000 documents. */
const MAX_ANSWER_BYTES = 4_000_000;

/**
 * Posts bodies to one server over one connection. It follows no redirects, connects to private addresses only by option, and limits
 * answers.
 */
export class HttpSender {
  private readonly agent: HttpAgent;
  private readonly guard: AddressGuard;

  /**
   * @param find finds the addresses of the server's name. @defaultValue as the system does
   * @param maxAnswerBytes a longer answer counts as a failure
   */
  constructor(
    private readonly url: URL,
    private readonly options: NetworkOptions,
    find?: NameLookup,
    private readonly maxAnswerBytes = MAX_ANSWER_BYTES,
  ) {
    this.guard = new AddressGuard(options.allowPrivateAddresses, find);
    const { lookup } = this.guard;
    const settings = { keepAlive: true, maxSockets: 1, ...(lookup && { lookup }) };
    const { ca } = options;
    this.agent =
      url.protocol === 'https:' ? new HttpsAgent({ ...settings, ...(ca && { ca }) }) : new HttpAgent(settings);
  }

  /** Runs `work`, which posts. Its errors become `retry`: no answer in time, a broken connection, a refused address. */
  async attempt(signal: AbortSignal, work: (signal: AbortSignal) => Promise<StreamAnswer>): Promise<StreamAnswer> {
    try {
      this.guard.check(this.url.hostname);
      return await work(signal);
    } catch (error) {
      return { outcome: 'retry', reason: errorMessage(error) };
    }
  }

  /** @param path resolved against the server's URL; it must not begin with a slash */
  async post(
    path: string,
    body: string | Buffer,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<PostAnswer> {
    const { timeoutMs = TIMEOUT_MS } = this.options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const settings = { headers, agent: this.agent, maxAnswerBytes: this.maxAnswerBytes };
    try {
      return await postBody(this.addressOf(path), body, settings, AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (!timeout.aborted || signal.aborted) throw error;
      throw new Error(`it did not answer within ${timeoutMs} ms`, { cause: error });
    }
  }

  /** Shows a request as {@link post} would send it. @param secrets names of headers whose values are not shown */
  preview(
    path: string,
    body: string | Buffer,
    headers: Readonly<Record<string, string>>,
    secrets: readonly string[],
  ): PreviewedMessage {
    const shown = Object.entries(headers).map(([name, value]) => [name, secrets.includes(name) ? SECRET : value]);
    return {
      to: `POST ${String(shownUrl(this.addressOf(path).href))}`,
      headers: { ...Object.fromEntries(shown), 'content-length': String(Buffer.byteLength(body)) } as Record<
        string,
        string
      >,
      body: body.toString(),
    };
  }

  close(): Promise<void> {
    this.agent.destroy();
    return Promise.resolve();
  }

  private addressOf(path: string): URL {
    if (path === '') return this.url;
    const base = this.url.href.replace(/\/*$/, '/');
    return new URL(path, base);
  }
}
