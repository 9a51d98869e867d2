import { errorMessage } from '../../../audit/plain.js';
import { hideSecrets } from '../errors/hide-secrets.js';

const MAX_ANSWER_BYTES = 64 * 1024;

export interface HttpAnswer {
  readonly status: number;
  /** At most 64 KiB. */
  readonly body: string;
}

/** Posts a text and reads the response, without following redirects. Rejects on a response beyond 64 KiB, and on an abort. */
export async function postText(
  url: string,
  body: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    redirect: 'manual',
    signal,
  });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    // the chunks of fetch's bodies
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`its answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { status: response.status, body: Buffer.concat(chunks).toString('utf8') };
}

/**
 * Describes why a request failed, as a clause. The error of `fetch` says only "fetch failed"; its `cause` has the reason.
 *
 * @param secrets the URL, and other secret texts that the error may quote
 */
export function describeHttpFailure(error: unknown, ...secrets: readonly (string | undefined)[]): string {
  const { cause } = Object(error) as { readonly cause?: unknown }; // any value may be thrown
  return hideSecrets(errorMessage(cause instanceof Error ? cause : error), ...secrets);
}
