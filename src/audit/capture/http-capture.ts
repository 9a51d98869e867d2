import type { AuditedOperation } from './audited-operation.js';

/** What is known of one audited HTTP request. */
export interface HttpCapture extends AuditedOperation {
  readonly request: object;
  clientGone?: true;
}

const CAPTURE = Symbol('nestjs-audit-ledger:capture');

/** Keeps the capture of a request, on the request: a WeakMap of young objects costs every garbage collection. */
export function keepCapture(capture: HttpCapture): void {
  const request = capture.request as { [CAPTURE]?: HttpCapture; raw?: { [CAPTURE]?: HttpCapture } };
  request[CAPTURE] = capture; // a property of our own, under a symbol of our own
  if (request.raw) request.raw[CAPTURE] = capture; // Node's request below Fastify's
}

/** The capture of a request; none when its route is not audited, nor of what is not a request. */
export function captureOf(request: object | undefined): HttpCapture | undefined {
  return (request as { [CAPTURE]?: HttpCapture } | undefined)?.[CAPTURE]; // set by keepCapture alone
}
