import { request as requestHttp, type Agent, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';

/** The answer of a server. */
export interface PostAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** At most `maxAnswerBytes`. */
  readonly body: string;
}

/** Options for posting a body. */
export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly maxAnswerBytes: number;
}

/**
 * Posts a body and reads the answer. It follows no redirect. Rejects if the connection broke, the signal aborted, or the answer is longer
 * than `maxAnswerBytes`.
 */
export async function postBody(
  url: URL,
  body: string | Buffer,
  { headers, agent, maxAnswerBytes }: PostOptions,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return new Promise((resolve, reject) => {
    const whole = { ...headers, 'content-length': bytes.length };
    const sent = request(url, { headers: whole, agent, method: 'POST', signal });
    sent.on('error', reject);
    sent.on('response', (response) => {
      readAnswer(response, maxAnswerBytes).then(resolve, (error: unknown) => {
        sent.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
    sent.end(bytes);
  });
}

async function readAnswer(response: IncomingMessage, maxAnswerBytes: number): Promise<PostAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new Error(`its answer is longer than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  const { statusCode: status = 0, headers } = response;
  return { status, retryAfter: headers['retry-after'], body: Buffer.concat(chunks).toString('utf8') };
}
