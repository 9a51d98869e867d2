import { STATUS_CODES } from 'node:http';
import { AuditHttpException } from '../errors/http.error.js';
import { httpErrors } from '../errors/http.errors.js';
import { hasCode } from '../../base/errors/error-facts.js';

/** Holds back the bytes that would end a response for the client. The response does not notice the gate. */
export interface ResponseGate {
  /** No byte passes until the gate opens. */
  close(): void;
  /** The waiting bytes and all later bytes pass. */
  open(): void;
  /** Replaces the waiting bytes, and all further bytes until the gate opens, with a refusal. Returns whether any bytes waited. */
  refuse(refusal: Refusal, method: string | undefined): boolean;
  /** Aborts a response that has begun, so that the client does not take it for complete. */
  breakOff(error: Error): void;
}

const OF_THE_BODY = /^(?:content-|(?:etag|transfer-encoding|trailer|last-modified|accept-ranges)(?::|$))/i;

/** The response to a request whose events could not be stored, although their policy is `closed`. */
export interface Refusal {
  readonly statusCode: number;
  /** JSON. */
  readonly body: string;
}

export function refusalOf(error: unknown): Refusal {
  const isKnown = error instanceof AuditHttpException && hasCode(error, 'AUDIT_UNAVAILABLE', 'AUDIT_OUTCOME_LOST');
  const unavailable = isKnown ? error : httpErrors.AUDIT_UNAVAILABLE();
  return { statusCode: unavailable.getStatus(), body: JSON.stringify(unavailable.getResponse()) };
}

/**
 * Returns the refusal as the bytes of an HTTP/1.1 response; `head` is the head of the original response. Headers that do not describe the
 * body remain. For example, the headers of CORS remain, since a browser hides a response that lacks these headers.
 */
export function refusalResponse(head: Buffer, method: string | undefined, { statusCode, body }: Refusal): Buffer {
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
