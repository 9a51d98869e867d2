import { AuditUnavailableError } from '../errors/audit-unavailable.error.js';

/** Headers that tell of the body that is replaced. */
const OF_THE_BODY = /^(?:content-|etag:|transfer-encoding:|trailer:|last-modified:|accept-ranges:)/i;

/** The body of the answer to a request whose events could not be stored and have to. */
export function unavailableBody(error: unknown): string {
  const unavailable = error instanceof AuditUnavailableError ? error : new AuditUnavailableError('of this request');
  return JSON.stringify(unavailable.getResponse());
}

/**
 * An HTTP/1.1 answer 503 with `body`, in the place of the one that begins with `head`. Headers that are not of the body
 * stay, such as those for CORS, without which a browser shows nothing of it.
 */
export function unavailableAnswer(head: Buffer, method: string | undefined, body: string): Buffer {
  const [, ...headers] = head.subarray(0, head.indexOf('\r\n\r\n')).toString('latin1').split('\r\n');
  const lines = [
    'HTTP/1.1 503 Service Unavailable',
    ...headers.filter((line) => !OF_THE_BODY.test(line)),
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), Buffer.from(method === 'HEAD' ? '' : body)]);
}
