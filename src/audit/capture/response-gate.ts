import { STATUS_CODES } from 'node:http';
import { AuditOutcomeLostError, AuditUnavailableError } from '../errors/audit-unavailable.error.js';

/** Stands below a response, and holds back the bytes that would end it for the client. The layers above notice nothing. */
export interface ResponseGate {
  /** Closes the gate: nothing passes until `open` was called as often as `close`. */
  close(): void;
  /** Opens the gate: the bytes that waited pass, and all later ones. */
  open(): void;
  /**
   * Replaces everything that waits, and everything that follows until the gate is opened, with a refusal. Returns whether there was
   * anything to replace.
   */
  refuse(refusal: Refusal, method: string | undefined): boolean;
  /** Breaks off an answer that has begun, so that nobody takes it for complete. */
  breakOff(error: Error): void;
}

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
