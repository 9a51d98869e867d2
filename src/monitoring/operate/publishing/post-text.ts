import { errorMessage } from '../../../audit/nest-free.js';
import { hideSecrets } from '../../errors/hide-secrets.js';

const MAX_RESPONSE_BYTES = 64 * 1024;

export interface HttpResponse {
  readonly status: number;
  /** At most 64 KiB. */
  readonly body: string;
}

/**
 * Posts a text and reads the response, without following redirects. Rejects if the response is longer than 64 KiB, or if `signal` is
 * aborted.
 */
export async function postText(url: string, body: string, signal: AbortSignal): Promise<HttpResponse> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    redirect: 'manual',
    signal,
  });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    // A body of `fetch` consists of such chunks.
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES) throw new Error(`its answer is longer than ${MAX_RESPONSE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return { status: response.status, body: Buffer.concat(chunks).toString('utf8') };
}

/**
 * Describes why a request failed, as a clause. The message of a `fetch` error is only "fetch failed", and the `cause` of the error contains
 * the reason. The URL, which may be secret, is hidden.
 */
export function describeHttpFailure(error: unknown, url: string): string {
  const { cause } = Object(error) as { readonly cause?: unknown }; // any value may be thrown
  return hideSecrets(errorMessage(cause instanceof Error ? cause : error), url);
}
