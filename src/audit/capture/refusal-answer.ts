import { STATUS_CODES } from 'node:http';
import { AuditOutcomeLostError } from '../errors/audit-outcome-lost.error.js';
import { AuditUnavailableError } from '../errors/audit-unavailable.error.js';

/** Headers that describe the body that is replaced. */
const OF_THE_BODY = /^(?:content-|(?:etag|transfer-encoding|trailer|last-modified|accept-ranges)(?::|$))/i;

/** What answers a request whose events could not be stored and have to. */
export interface Refusal {
  readonly statusCode: number;
  /** JSON. */
  readonly body: string;
}

/** The answer that `error` stands for: of a recording that was rejected. */
export function refusalOf(error: unknown): Refusal {
  const isKnown = error instanceof AuditUnavailableError || error instanceof AuditOutcomeLostError;
  const unavailable = isKnown ? error : new AuditUnavailableError('of this request');
  return { statusCode: unavailable.getStatus(), body: JSON.stringify(unavailable.getResponse()) };
}

/**
 * The refusal as an HTTP/1.1 answer, in the place of the one that begins with `head`. Headers that are not of the body
 * stay, such as those for CORS, without which a browser shows nothing of it.
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

/** The same for headers by name, in the place of those of an answer of HTTP/2, or of one without a connection. */
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
