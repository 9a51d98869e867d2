import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { errorMessage } from '../../../../audit/index.js';
import type { StreamAnswer } from '../stream-destination.js';
import { AddressGuard } from './address-guard.js';
import { problemsOfNumber } from './destination-type.js';
import { postBody, type PostAnswer } from './post-body.js';
import type { NameLookup } from './public-addresses.js';

/** What every destination that is an HTTP server has. */
export interface HttpOptions {
  /** How long the server may take to answer: 100 to 300,000. @defaultValue 15000 */
  readonly timeoutMs?: number;
  /** Whether the server may be in your own network. @defaultValue false */
  readonly allowPrivateAddresses?: boolean;
  /** Certificates that sign the server's, in PEM. Default: those of Node. */
  readonly ca?: string;
}

export const HTTP_NAMES = { timeoutMs: true, allowPrivateAddresses: true, ca: true } as const;

const TIMEOUT_MS = 15_000;
/** An answer of Elasticsearch about 10,000 documents. */
const MAX_ANSWER_BYTES = 4_000_000;

/** Posts bodies to one server over one connection: no redirects, no private addresses but by option, limited answers. */
export class HttpSender {
  private readonly agent: HttpAgent;
  private readonly guard: AddressGuard;

  /** @param find finds the addresses of the server's name. @defaultValue as the system does */
  constructor(
    private readonly url: URL,
    private readonly options: HttpOptions,
    find?: NameLookup,
  ) {
    this.guard = new AddressGuard(options.allowPrivateAddresses, find);
    const { lookup } = this.guard;
    const settings = { keepAlive: true, maxSockets: 1, ...(lookup && { lookup }) };
    const { ca } = options;
    this.agent =
      url.protocol === 'https:' ? new HttpsAgent({ ...settings, ...(ca && { ca }) }) : new HttpAgent(settings);
  }

  /** Runs what `work` posts. What it throws becomes `retry`: no answer in time, a broken connection, a refused address. */
  async attempt(signal: AbortSignal, work: (signal: AbortSignal) => Promise<StreamAnswer>): Promise<StreamAnswer> {
    try {
      this.guard.check(this.url.hostname);
      return await work(signal);
    } catch (error) {
      return { outcome: 'retry', reason: errorMessage(error) };
    }
  }

  /** @param path resolved against the server's URL; it begins with no slash */
  async post(
    path: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<PostAnswer> {
    const { timeoutMs = TIMEOUT_MS } = this.options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const settings = { headers, agent: this.agent, maxAnswerBytes: MAX_ANSWER_BYTES };
    try {
      return await postBody(this.addressOf(path), body, settings, AbortSignal.any([signal, timeout]));
    } catch (error) {
      if (!timeout.aborted || signal.aborted) throw error;
      throw new Error(`it did not answer within ${timeoutMs} ms`, { cause: error });
    }
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

/** What is wrong with the options that every destination over HTTP has. */
export function problemsOfHttp({ timeoutMs, allowPrivateAddresses, ca }: HttpOptions): readonly string[] {
  return [
    ...problemsOfNumber('timeoutMs', timeoutMs, [100, 300_000]),
    ...(allowPrivateAddresses === undefined || typeof allowPrivateAddresses === 'boolean'
      ? []
      : ['allowPrivateAddresses is neither true nor false']),
    ...(ca === undefined || typeof ca === 'string' ? [] : ['ca must be certificates in PEM']),
  ];
}
