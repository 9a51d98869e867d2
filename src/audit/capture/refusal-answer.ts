import { STATUS_CODES } from 'node:http';
import { AuditOutcomeLostError } from '../errors/audit-outcome-lost.error.js';
import { AuditUnavailableError } from '../errors/audit-unavailable.error.js';

const OF_THE_BODY = /^(?:content-|(?:etag|transfer-encoding|trailer|last-modified|accept-ranges)(?::|$))/i;

/** The answer to a request whose events had to be stored and could not be. */
export interface Refusal {
  readonly statusCode: number;
  /** JSON. */
  readonly body: string;
}

/** Returns the answer for the error of a rejected recording. */
export function refusalOf(error: unknown): Refusal {
  const isKnown = error instanceof AuditUnavailableError || error instanceof AuditOutcomeLostError;
  const unavailable = isKnown ? error : new AuditUnavailableError('of this request');
  return { statusCode: unavailable.getStatus(), body: JSON.stringify(unavailable.getResponse()) };
}

/**
 * Returns the refusal as an HTTP/1.1 answer that replaces the one beginning with `head`. Headers that do not describe the body stay, for
 * example those of CORS, without which a browser shows nothing of the answer.
 */
export function refusalAnswer(head: Buffer, method: string | undefined, { statusCode, body }: Refusal): Buffer {
  const [, ...headers] = head.subarray(0, head.indexOf('\r\n\r\n')).toString('latin1').split('\r\n');
  const lines = [
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`,
    ...headers.filter((line) => !OF_THE_BODY.test(line)),
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), Buffer.from(method === 'HEAD' ? '' : body)]);
}

/** Returns the refusal's headers by name, in place of those of an HTTP/2 answer, or of an answer without a connection. */
export function refusalHeaders<Value>(
  headers: Readonly<Record<string, Value>>,
  { statusCode, body }: Refusal,
): Record<string, Value | string | number> {
  const kept = Object.entries(headers).filter(([name]) => !OF_THE_BODY.test(name));
  return {
    ...Object.fromEntries(kept),
    ...(':status' in headers && { ':status': statusCode }),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
  };
}
