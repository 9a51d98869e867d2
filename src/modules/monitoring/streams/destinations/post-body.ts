import { request as requestHttp, type Agent, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';

const MAX_ANSWER_BYTES = 65_536;

/** What a server answered. */
export interface PostAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** At most 64 KiB. */
  readonly body: string;
}

/**
 * Posts a body and reads the answer. It follows no redirect. Rejects without a whole answer: the connection broke, the signal aborted, or the
 * answer is longer than 64 KiB.
 */
export async function postBody(
  url: URL,
  body: string,
  { headers, agent }: { readonly headers: Readonly<Record<string, string>>; readonly agent: Agent },
  signal: AbortSignal,
): Promise<PostAnswer> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const bytes = Buffer.from(body);
  return new Promise((resolve, reject) => {
    const whole = { ...headers, 'content-length': bytes.length };
    const sent = request(url, { headers: whole, agent, method: 'POST', signal });
    sent.on('error', reject);
    sent.on('response', (response) => {
      readAnswer(response).then(resolve, (error: unknown) => {
        sent.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
    sent.end(bytes);
  });
}

async function readAnswer(response: IncomingMessage): Promise<PostAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  const { statusCode: status = 0, headers } = response;
  return { status, retryAfter: headers['retry-after'], body: Buffer.concat(chunks).toString('utf8') };
}
